// indices[row, level] = the code of the level nearest to the residual, x[row] minus the codes of the levels before it; quantized[row] = the
// sum of those codes.
//
// d, rows_per_invocation, broadcast, lanes: as in nearest_code. training: whether what a training step needs is written too.
{% from "shared/rows.wgsl" import type, load, store -%}
struct Params {
    rows: u32,
    codes: u32,
    levels: u32,
    gradient_scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(1) var<storage, read> codes: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(2) var<storage, read_write> quantized: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(3) var<storage, read_write> indices: array<u32>; // [rows, levels]
{% if training -%}
@group(0) @binding(4) var<storage, read_write> residuals: array<{{ type(d) }}>; // [levels, rows, d]
@group(0) @binding(5) var<storage, read_write> distances: array<f32>; // [rows, levels], squared
@group(0) @binding(6) var<storage, read_write> gradient: array<{{ type(d) }}>; // [rows, d]
{%- endif %}

{% include "shared/index.wgsl" %}

const WORKGROUP_SIZE = {{ lanes if broadcast else 64 }}u;
const LARGEST = 3.4028234e38;
{% set quads = (d + 3) // 4 %}
@compute @workgroup_size({{ lanes if broadcast else 64 }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let first = workgroup_number(workgroup, grid) * (WORKGROUP_SIZE * {{ rows_per_invocation }}u) + invocation;
{%- for j in range(rows_per_invocation) %}
    let index{{ j }} = first + {{ j }}u * WORKGROUP_SIZE;
    let clamped{{ j }} = min(index{{ j }}, params.rows - 1u);
{%- for v in range(quads) %}
    var row{{ j }}_{{ v }} = {{ load("x", "clamped" ~ j, v, d) }};
    var sum{{ j }}_{{ v }} = vec4<f32>();
    var gradient{{ j }}_{{ v }} = vec4<f32>();
{%- endfor %}
{%- endfor %}
    for (var level = 0u; level < params.levels; level += 1u) {
        let first_code = level * params.codes;
{%- include "shared/nearest_code.wgsl" %}
{%- for j in range(rows_per_invocation) %}
        if index{{ j }} < params.rows {
            indices[index{{ j }} * params.levels + level] = best{{ j }};
{%- if training %}
{%- for v in range(quads) %}
            {{ store("residuals", "level * params.rows + index" ~ j, v, d, "row" ~ j ~ "_" ~ v) }}
{%- endfor %}
{%- endif %}
        }
{%- for v in range(quads) %}
        let code{{ j }}_{{ v }} = {{ load("codes", "first_code + best" ~ j, v, d) }};
        sum{{ j }}_{{ v }} += code{{ j }}_{{ v }};
        row{{ j }}_{{ v }} -= code{{ j }}_{{ v }};
        gradient{{ j }}_{{ v }} += row{{ j }}_{{ v }};
{%- endfor %}
{%- if training %}
        if index{{ j }} < params.rows {
            // Where no distance is below the largest, that to code 0 is NaN or infinite, as the loss shall be.
            let to_code{{ j }} = {% for v in range(quads) %}dot(row{{ j }}_{{ v }}, row{{ j }}_{{ v }}){{ " + " if not loop.last }}{% endfor %};
            distances[index{{ j }} * params.levels + level] = select(to_code{{ j }}, distance{{ j }}, distance{{ j }} < LARGEST);
        }
{%- endif %}
{%- endfor %}
    }
{%- for j in range(rows_per_invocation) %}
    if index{{ j }} < params.rows {
{%- for v in range(quads) %}
        {{ store("quantized", "index" ~ j, v, d, "sum" ~ j ~ "_" ~ v) }}
{%- if training %}
        gradient{{ j }}_{{ v }} *= params.gradient_scale;
        {{ store("gradient", "index" ~ j, v, d, "gradient" ~ j ~ "_" ~ v) }}
{%- endif %}
{%- endfor %}
    }
{%- endfor %}
}
