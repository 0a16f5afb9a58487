// y[b, c, r] = x[b, r, c], the elements of both being vectors of `inner` values
//
// vector: floats per value (4 where the elements of a vector divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values
    rows: u32,
    columns: u32,
    inner: u32, // in values
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [B, rows, columns, inner]
@group(0) @binding(1) var<storage, read_write> y: array<{{ Value }}>; // [B, columns, rows, inner]

{% include "shared/divide.wgsl" %}

{% call(i) each("params.length", 256) %}
    let element = divide(i, params.inner);
    let line = divide(element.x, params.rows);
    let batch = divide(line.x, params.columns);
    y[i] = x[((batch.x * params.rows + line.y) * params.columns + batch.y) * params.inner + element.y];
{% endcall %}
