// target += source
struct Params {
    length: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> source: array<f32>; // [length]
@group(0) @binding(1) var<storage, read_write> target_: array<f32>; // [length]

{% include "shared/index.wgsl" %}

const LANES = 256u;
const PER_LANE = 4u;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = workgroup_number(workgroup, grid) * (LANES * PER_LANE) + lane;
    for (var j = 0u; j < PER_LANE; j += 1u) {
        let i = first + j * LANES;
        if i < params.length {
            target_[i] += source[i];
        }
    }
}
