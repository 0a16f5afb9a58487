// y[n] = table[ids[n]], zeros where there is no such row; a lane per element.
struct Params {
    length: u32,
    rows: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> table: array<f32>; // [rows, C]
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [N]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [N, C]

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
    let n = i / params.channels;
    let id = ids[n];
    var value = 0.0;
    if id < params.rows {
        value = table[id * params.channels + i - n * params.channels];
    }
    y[i] = value;
}
