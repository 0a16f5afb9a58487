// indices[row] = the k with the smallest |x[row] - codes[k]|^2, the lowest on ties; 0 if all are NaN or overflow. The distances are never
// stored.
//
// d: floats per row. rows_per_invocation: rows per invocation. broadcast: whether the workgroup is a subgroup of so many
// lanes that shares codes.
{% from "shared/rows.wgsl" import type, load -%}
struct Params {
    rows: u32,
    codes: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(1) var<storage, read> codes: array<{{ type(d) }}>; // [codes, d]
@group(0) @binding(2) var<storage, read_write> indices: array<u32>; // [rows]

{% include "shared/index.wgsl" %}

const WORKGROUP_SIZE = {{ lanes if broadcast else 64 }}u;
const LARGEST = 3.4028234e38;

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
{%- for v in range((d + 3) // 4) %}
    let row{{ j }}_{{ v }} = {{ load("x", "clamped" ~ j, v, d) }};
{%- endfor %}
{%- endfor %}
    let first_code = 0u;
    {
{%- include "shared/nearest_code.wgsl" %}
{%- for j in range(rows_per_invocation) %}
        if index{{ j }} < params.rows {
            indices[index{{ j }}] = best{{ j }};
        }
{%- endfor %}
    }
}
