// Turns channels 2p and 2p + 1 at position l by direction l 10000^(-p / half); a lane per pair. Channels past the input's end
// are 0, those past the output's are dropped.
struct Params {
    length: u32,
    positions: u32,
    half_channels: u32,
    from_channels: u32,
    to_channels: u32,
    ratio: u32,
    direction: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [B, L, from_channels]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [B, L, to_channels]

{% include "shared/index.wgsl" %}
{% include "shared/turn.wgsl" %}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    if i >= params.length {
        return;
    }
    let row = i / params.half_channels;
    let pair = i - row * params.half_channels;
    let position = row % params.positions;
    let angle = params.direction * radians_of(position * frequency(pair, params.ratio));
    let from_place = row * params.from_channels + 2u * pair;
    let even = x[from_place];
    var odd = 0.0;
    if 2u * pair + 1u < params.from_channels {
        odd = x[from_place + 1u];
    }
    let to_place = row * params.to_channels + 2u * pair;
    y[to_place] = even * cos(angle) - odd * sin(angle);
    if 2u * pair + 1u < params.to_channels {
        y[to_place + 1u] = odd * cos(angle) + even * sin(angle);
    }
}
