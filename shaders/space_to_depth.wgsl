// y[n, h, w, c p p + p row + column] = x[n, p h + row, p w + column, c], p = {{ side }}; a lane per element of y.
struct Params {
    length: u32,
    width: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [N, p H, p W, C]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, H, W, C p p]

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
    let deep = i / (SIDE * SIDE); // over N, H, W and C
    let place = i - deep * SIDE * SIDE;
    let pixel = deep / params.channels;
    let channel = deep - pixel * params.channels;
    let row = pixel / params.width; // over N and H
    let column = pixel - row * params.width;
    let from_row = row * SIDE + place / SIDE;
    let from_column = column * SIDE + place % SIDE;
    y[i] = x[(from_row * params.width * SIDE + from_column) * params.channels + channel];
}
