// dtable[id] = the sum of dy[n] over the n that looked it up, in order; a lane per element of the table.
struct Params {
    length: u32,
    lookups: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> ids: array<u32>; // [N]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [N, C]
@group(0) @binding(2) var<storage, read_write> dtable: array<f32>; // [rows, C]

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
    let id = i / params.channels;
    let channel = i - id * params.channels;
    var sum = 0.0;
    for (var n = 0u; n < params.lookups; n += 1u) {
        if ids[n] == id {
            sum += dy[n * params.channels + channel];
        }
    }
    dtable[i] = sum;
}
