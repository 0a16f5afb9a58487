// Residual vector quantization: each level takes the code nearest to what the levels before it left over.
//
// d, rows_per_lane, broadcast: as in nearest_code. training: whether what a training step needs is written too.
{% from "shared/rows.wgsl" import type, load, store -%}
struct Params {
    rows: u32,
    codes: u32,
    levels: u32,
    gradient_scale: f32,
}
{{ immediates }}

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

const LANES = {{ 8 if broadcast else 64 }}u;
{% set parts = (d + 3) // 4 %}
@compute @workgroup_size({{ 8 if broadcast else 64 }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = workgroup_number(workgroup, grid) * (LANES * {{ rows_per_lane }}u) + lane;
{%- for j in range(rows_per_lane) %}
    let number{{ j }} = first + {{ j }}u * LANES;
    let here{{ j }} = min(number{{ j }}, params.rows - 1u);
{%- for v in range(parts) %}
    var row{{ j }}_{{ v }} = {{ load("x", "here" ~ j, v, d) }};
    var sum{{ j }}_{{ v }} = vec4<f32>();
    var slope{{ j }}_{{ v }} = vec4<f32>();
{%- endfor %}
{%- endfor %}
    for (var level = 0u; level < params.levels; level += 1u) {
        let first_code = level * params.codes;
{%- include "shared/nearest_code.wgsl" %}
{%- for j in range(rows_per_lane) %}
        if number{{ j }} < params.rows {
            indices[number{{ j }} * params.levels + level] = best{{ j }};
{%- if training %}
            distances[number{{ j }} * params.levels + level] = distance{{ j }};
{%- for v in range(parts) %}
            {{ store("residuals", "level * params.rows + number" ~ j, v, d, "row" ~ j ~ "_" ~ v) }}
{%- endfor %}
{%- endif %}
        }
{%- for v in range(parts) %}
        let taken{{ j }}_{{ v }} = {{ load("codes", "first_code + best" ~ j, v, d) }};
        sum{{ j }}_{{ v }} += taken{{ j }}_{{ v }};
        row{{ j }}_{{ v }} -= taken{{ j }}_{{ v }};
        slope{{ j }}_{{ v }} += row{{ j }}_{{ v }};
{%- endfor %}
{%- endfor %}
    }
{%- for j in range(rows_per_lane) %}
    if number{{ j }} < params.rows {
{%- for v in range(parts) %}
        {{ store("quantized", "number" ~ j, v, d, "sum" ~ j ~ "_" ~ v) }}
{%- if training %}
        slope{{ j }}_{{ v }} *= params.gradient_scale;
        {{ store("gradient", "number" ~ j, v, d, "slope" ~ j ~ "_" ~ v) }}
{%- endif %}
{%- endfor %}
    }
{%- endfor %}
}
