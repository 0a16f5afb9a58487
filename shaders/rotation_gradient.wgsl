// dz = |q|/|z| (g - 2 r (r . g) + 2 a (b . g)) with a = z/|z|, b = q/|q|, r = (a + b)/|a + b|: the rotation trick (Fifty et al. 2024,
// section 4). Where |z|, |q| or |a + b| is under 1e-6 no such rotation is defined, and dz = g.
//
// d: floats per row.
{% from "shared/each.wgsl" import each %}
{% from "shared/rows.wgsl" import type, load, store -%}
{% set quads = (d + 3) // 4 -%}
struct Params {
    rows: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> z: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(1) var<storage, read> q: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(2) var<storage, read> g: array<{{ type(d) }}>; // [rows, d]
@group(0) @binding(3) var<storage, read_write> dz: array<{{ type(d) }}>; // [rows, d]

const SMALL = 1e-6;

{% call(row) each("params.rows", 64) %}
    var z_square = 0.0;
    var q_square = 0.0;
{%- for v in range(quads) %}
    let z{{ v }} = {{ load("z", "row", v, d) }};
    let q{{ v }} = {{ load("q", "row", v, d) }};
    let g{{ v }} = {{ load("g", "row", v, d) }};
    z_square += dot(z{{ v }}, z{{ v }});
    q_square += dot(q{{ v }}, q{{ v }});
{%- endfor %}
    let z_norm = sqrt(z_square);
    let q_norm = sqrt(q_square);
    let a_scale = 1.0 / max(z_norm, SMALL);
    let b_scale = 1.0 / max(q_norm, SMALL);
    var sum_square = 0.0; // |a + b|^2
    var sum_dot_g = 0.0; // (a + b) . g
    var b_dot_g = 0.0;
{%- for v in range(quads) %}
    let a{{ v }} = z{{ v }} * a_scale;
    let sum{{ v }} = a{{ v }} + q{{ v }} * b_scale;
    sum_square += dot(sum{{ v }}, sum{{ v }});
    sum_dot_g += dot(sum{{ v }}, g{{ v }});
    b_dot_g += dot(q{{ v }} * b_scale, g{{ v }});
{%- endfor %}
    // False for NaN, which thereby reaches dz.
    let undefined = z_norm < SMALL || q_norm < SMALL || sum_square < SMALL * SMALL;
    let ratio = q_norm * a_scale;
    let reflection = 2.0 * sum_dot_g / max(sum_square, SMALL * SMALL);
{%- for v in range(quads) %}
    let rotated{{ v }} = ratio * (g{{ v }} - reflection * sum{{ v }} + 2.0 * b_dot_g * a{{ v }});
    let result{{ v }} = select(rotated{{ v }}, g{{ v }}, undefined);
    {{ store("dz", "row", v, d, "result" ~ v) }}
{%- endfor %}
{% endcall %}
