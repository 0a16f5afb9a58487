// y[b, c, r] = x[b, r, c]
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32,
    rows: u32,
    columns: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [B, rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [B, columns, rows]

{% call(i) each("params.length", 256) %}
    let line = i / params.rows;
    let row = i - line * params.rows;
    let batch = line / params.columns;
    let column = line - batch * params.columns;
    y[i] = x[(batch * params.rows + row) * params.columns + column];
{% endcall %}
