// y[n] = sin(t[n] f_0), sin(t[n] f_1), .., cos(t[n] f_0), cos(t[n] f_1), ..: frequencies f_i in equal ratios from `highest` down.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // times and frequencies
    half_channels: u32, // frequencies
    ratio: u32,
    highest: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> t: array<f32>; // [N], at least 0 and finite
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, 2 half_channels]

{% include "shared/turn.wgsl" %}

{% call(i) each("params.length", 256) %}
    let row = i / params.half_channels;
    let channel = i - row * params.half_channels;
    let turn = frequency(channel, params.ratio);
    let time = params.highest * t[row];
    let integer = floor(time);
    // The fractional part of t contributes less than a radian, for which f32 is exact enough.
    let direction = cos_sin(u32(integer) * turn + u32((time - integer) * f32(turn)));
    y[row * 2u * params.half_channels + channel] = direction.y;
    y[(row * 2u + 1u) * params.half_channels + channel] = direction.x;
{% endcall %}
