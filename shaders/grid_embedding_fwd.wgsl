// y[n, h, w] = x[n, h, w] + rows[h] + columns[w]
//
// vector: floats per value (4 where the channels divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values
    height: u32,
    width: u32,
    channels: u32, // in values
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [N, height, width, channels]
@group(0) @binding(1) var<storage, read> rows: array<{{ Value }}>; // [height, channels]
@group(0) @binding(2) var<storage, read> columns: array<{{ Value }}>; // [width, channels]
@group(0) @binding(3) var<storage, read_write> y: array<{{ Value }}>; // [N, height, width, channels]

{% include "shared/divide.wgsl" %}

{% call(i) each("params.length", 256) %}
    let position = divide(i, params.channels);
    let line = divide(position.x, params.width);
    let row = divide(line.x, params.height).y;
    y[i] = x[i] + (rows[row * params.channels + position.y] + columns[line.y * params.channels + position.y]);
{% endcall %}
