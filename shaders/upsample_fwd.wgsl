// Each pixel becomes four; a lane per {{ vector }} channels of y. `channels` counts such pieces.
struct Params {
    length: u32,
    width: u32,
    channels: u32,
}
{{ immediates }}

alias Channels = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> x: array<Channels>; // [N, H, W, C]
@group(0) @binding(1) var<storage, read_write> y: array<Channels>; // [N, 2H, 2W, C]

{% include "shared/index.wgsl" %}

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
    let pixel = i / params.channels;
    let channel = i - pixel * params.channels;
    let row = pixel / (2u * params.width); // over N and 2H; 2H is even, so that half of it is a row of x
    let column = pixel - row * 2u * params.width;
    y[i] = x[((row / 2u) * params.width + column / 2u) * params.channels + channel];
}
