// Each channel with its mean and standard deviation: (x - mean) / deviation, or with `inverse` deviation x + mean.
//
// vector: floats per value (4 where the channels divide by 4).
struct Params {
    length: u32, // in values, as channels
    channels: u32,
}
{{ immediates }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [.., channels]
@group(0) @binding(1) var<storage, read> mean: array<{{ Value }}>; // [channels]
@group(0) @binding(2) var<storage, read> deviation: array<{{ Value }}>; // [channels]
@group(0) @binding(3) var<storage, read_write> y: array<{{ Value }}>; // [.., channels]

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
