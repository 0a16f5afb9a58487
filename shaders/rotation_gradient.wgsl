// The rotation trick (Fifty et al. 2024, section 4): with a = z/|z|, b = q/|q|, r = (a + b)/|a + b|, the gradient to z is
// |q|/|z| (g - 2 r (r . g) + 2 a (b . g)). Where a length is under 1e-6 there is no such rotation, and g passes as it is.
//
// d: numbers per row.
{% from "shared/rows.wgsl" import type, load, store -%}
{% set parts = (d + 3) // 4 -%}
struct Params {
    rows: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> z: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(1) var<storage, read> q: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(2) var<storage, read> g: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(3) var<storage, read_write> dz: array<{{ type(d) }}>; // [rows, d]

{% include "shared/index.wgsl" %}

const SMALL = 1e-6;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = workgroup_number(workgroup, grid) * 64u + lane;
    if row >= params.rows {
        return;
    }
    var z_square = 0.0;
    var q_square = 0.0;
{%- for v in range(parts) %}
    let z{{ v }} = {{ load("z", "row", v, d) }};
    let q{{ v }} = {{ load("q", "row", v, d) }};
    let g{{ v }} = {{ load("g", "row", v, d) }};
    z_square += dot(z{{ v }}, z{{ v }});
    q_square += dot(q{{ v }}, q{{ v }});
{%- endfor %}
    let z_length = sqrt(z_square);
    let q_length = sqrt(q_square);
    let a_scale = 1.0 / max(z_length, SMALL);
    let b_scale = 1.0 / max(q_length, SMALL);
    var between_square = 0.0;
    var along_between = 0.0;
    var along_b = 0.0;
{%- for v in range(parts) %}
    let a{{ v }} = z{{ v }} * a_scale;
    let between{{ v }} = a{{ v }} + q{{ v }} * b_scale;
    between_square += dot(between{{ v }}, between{{ v }});
    along_between += dot(between{{ v }}, g{{ v }});
    along_b += dot(q{{ v }} * b_scale, g{{ v }});
{%- endfor %}
    let rotates = z_length >= SMALL && q_length >= SMALL && between_square >= SMALL * SMALL;
    let ratio = q_length * a_scale;
    let reflect = 2.0 * along_between / max(between_square, SMALL * SMALL);
{%- for v in range(parts) %}
    let rotated{{ v }} = ratio * (g{{ v }} - reflect * between{{ v }} + 2.0 * along_b * a{{ v }});
    let result{{ v }} = select(g{{ v }}, rotated{{ v }}, rotates);
    {{ store("dz", "row", v, d, "result" ~ v) }}
{%- endfor %}
}
