// An exponential moving average: y = decay y + (1 - decay) x.
struct Params {
    length: u32,
    decay: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [length]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [length]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i < params.length {
        y[i] = params.decay * y[i] + (1.0 - params.decay) * x[i];
    }
}
