// dgamma and dbeta: adds each channel's gradients, summed over the samples. One invocation per channel of either.
struct Params {
    samples: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> dgamma_dbeta: array<f32>; // [N, 2, C]
@group(0) @binding(1) var<storage, read_write> dgamma: array<f32>; // [C]
@group(0) @binding(2) var<storage, read_write> dbeta: array<f32>; // [C]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + invocation;
    if i >= 2u * params.channels {
        return;
    }
    var sum = 0.0;
    for (var sample = 0u; sample < params.samples; sample += 1u) {
        sum += dgamma_dbeta[sample * 2u * params.channels + i];
    }
    if i < params.channels {
        dgamma[i] += sum;
    } else {
        dbeta[i - params.channels] += sum;
    }
}
