// Each channel with its mean and standard deviation: (x - mean) / deviation, or with `inverse` deviation x + mean.
struct Params {
    length: u32,
    channels: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [.., channels]
@group(0) @binding(1) var<storage, read> mean: array<f32>; // [channels]
@group(0) @binding(2) var<storage, read> deviation: array<f32>; // [channels]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [.., channels]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i < params.length {
        let channel = i % params.channels;
{%- if inverse %}
        y[i] = deviation[channel] * x[i] + mean[channel];
{%- else %}
        y[i] = (x[i] - mean[channel]) / deviation[channel];
{%- endif %}
    }
}
