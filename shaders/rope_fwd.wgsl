// (y[2p], y[2p + 1]) = (x[2p], x[2p + 1]) rotated by direction l 10000^(-p / half_channels) at position l: rotary embedding. Channels past
// the input's end are 0, those past the output's are dropped.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // pairs of channels
    positions: u32,
    half_channels: u32,
    from_channels: u32,
    to_channels: u32,
    ratio: u32,
    direction: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [B, L, from_channels]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [B, L, to_channels]

{% include "shared/turn.wgsl" %}

{% call(i) each("params.length", 256) %}
    let row = i / params.half_channels;
    let pair = i - row * params.half_channels;
    let position = row % params.positions;
    let rotation = cos_sin(position * frequency(pair, params.ratio)) * vec2<f32>(1.0, params.direction);
    let from_index = row * params.from_channels + 2u * pair;
    let first = x[from_index];
    var second = 0.0;
    if 2u * pair + 1u < params.from_channels {
        second = x[from_index + 1u];
    }
    let to_index = row * params.to_channels + 2u * pair;
    y[to_index] = first * rotation.x - second * rotation.y;
    if 2u * pair + 1u < params.to_channels {
        y[to_index + 1u] = second * rotation.x + first * rotation.y;
    }
{% endcall %}
