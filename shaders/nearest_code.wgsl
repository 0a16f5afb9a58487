// The index of the code nearest to each row. The distances are never stored.
//
// d: numbers per row. rows_per_lane: rows that a lane searches for at once. broadcast: whether lanes hand codes round.
{% from "shared/rows.wgsl" import type, load -%}
struct Params {
    rows: u32,
    codes: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(1) var<storage, read> codes: array<{{ type(d) }}>; // [codes, d]
@group(0) @binding(2) var<storage, read_write> indices: array<u32>; // [rows]

{% include "shared/index.wgsl" %}

const LANES = {{ 8 if broadcast else 64 }}u;

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
{%- for v in range((d + 3) // 4) %}
    let row{{ j }}_{{ v }} = {{ load("x", "here" ~ j, v, d) }};
{%- endfor %}
{%- endfor %}
    let first_code = 0u;
    {
{%- include "shared/nearest_code.wgsl" %}
{%- for j in range(rows_per_lane) %}
        if number{{ j }} < params.rows {
            indices[number{{ j }}] = best{{ j }};
        }
{%- endfor %}
    }
}
