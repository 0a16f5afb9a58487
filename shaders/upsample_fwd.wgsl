// y[n, h, w, c] = x[n, h / 2, w / 2, c], rounded down.
//
// vector: floats per value (4 where the channels divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // of x, in values
    width: u32, // of x
    channels: u32, // in values
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, H, W, C]
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [N, 2H, 2W, C]

{% include "shared/divide.wgsl" %}

{% call(i) each("params.length", 256) %}
    // A row of x, over N and H, is two of y.
    let row = divide(i, params.width * params.channels);
    let pixel = divide(row.y, params.channels);
    let above = (4u * row.x * params.width + 2u * pixel.x) * params.channels + pixel.y;
    let below = above + 2u * params.width * params.channels;
    let value = x[i];
    y[above] = value;
    y[above + params.channels] = value;
    y[below] = value;
    y[below + params.channels] = value;
{% endcall %}
