// y = x / (1 - rate) where the deciding element's random number is at least the threshold, else 0; a lane per four elements.
// By channel, the element that decides is n C + c; else it is the element itself.
struct Params {
    quads: u32,
    threshold: u32,
    gain: f32,
    seed_low: u32,
    seed_high: u32,
    stream_low: u32,
    stream_high: u32,
    channels: u32,
    per_sample: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, .., C]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, .., C]

{% include "shared/index.wgsl" %}
{% include "shared/philox.wgsl" %}

// Four words for four neighbouring deciders.
fn words(block: u32) -> vec4<u32> {
    let counter = vec4<u32>(block, 0u, params.stream_low, params.stream_high);
    return philox(counter, vec2<u32>(params.seed_low, params.seed_high));
}
{% if by_channel %}
fn decision(element: u32) -> u32 {
    let sample = element / params.per_sample;
    let decider = sample * params.channels + element % params.channels;
    let four = words(decider / 4u);
    let pair = select(four.xy, four.zw, (decider & 2u) != 0u);
    return select(pair.x, pair.y, (decider & 1u) != 0u);
}
{% endif %}
@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    if i >= params.quads {
        return;
    }
{% if by_channel %}
    let random = vec4<u32>(decision(4u * i), decision(4u * i + 1u), decision(4u * i + 2u), decision(4u * i + 3u));
{% else %}
    let random = words(i);
{% endif %}
    let kept = (random >> vec4<u32>(8u)) >= vec4<u32>(params.threshold);
    y[i] = select(vec4<f32>(0.0), params.gain * x[i], kept);
}
