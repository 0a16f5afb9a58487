// The inverse of space_to_depth, p = {{ side }}; a lane per element of y.
struct Params {
    length: u32,
    width: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [N, H, W, C p p]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, p H, p W, C]

const SIDE = {{ side }}u;

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
    let pixel = i / params.channels; // of y
    let channel = i - pixel * params.channels;
    let row = pixel / (params.width * SIDE); // over N and p H
    let column = pixel - row * params.width * SIDE;
    let source = (row / SIDE) * params.width + column / SIDE;
    let place = (row % SIDE) * SIDE + column % SIDE;
    y[i] = x[(source * params.channels + channel) * SIDE * SIDE + place];
}
