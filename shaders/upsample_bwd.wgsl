// dx[n, h, w, c] = the sum of dy[n, 2h + i, 2w + j, c] over i and j of 0 and 1.
//
// vector: floats per value (4 where the channels divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // of dx, in values
    width: u32, // of x
    channels: u32, // in values
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> dy: array<Value>; // [N, 2H, 2W, C]
@group(0) @binding(1) var<storage, read_write> dx: array<Value>; // [N, H, W, C]

{% include "shared/divide.wgsl" %}

{% call(i) each("params.length", 256) %}
    // A row of dx, over N and H, is two of dy.
    let row = divide(i, params.width * params.channels);
    let pixel = divide(row.y, params.channels);
    let above = (4u * row.x * params.width + 2u * pixel.x) * params.channels + pixel.y;
    let below = above + 2u * params.width * params.channels;
    dx[i] = (dy[above] + dy[above + params.channels]) + (dy[below] + dy[below + params.channels]);
{% endcall %}
