// y = gain x where the element's random number is at least the threshold, else 0; gain = 1 / (1 - rate).
//
// by_channel: elements of a sample n and channel c share the number of element n C + c.
{% from "shared/each.wgsl" import each %}
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
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, .., C]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, .., C]

{% include "shared/philox.wgsl" %}

// The random words of elements 4 block .. 4 block + 3.
fn words(block: u32) -> vec4<u32> {
    let counter = vec4<u32>(block, 0u, params.stream_low, params.stream_high);
    return philox(counter, vec2<u32>(params.seed_low, params.seed_high));
}
{% if by_channel %}
// The random word of an element's sample and channel.
fn shared_word(element: u32) -> u32 {
    let sample = element / params.per_sample;
    let number = sample * params.channels + element % params.channels;
    let four = words(number / 4u);
    let pair = select(four.xy, four.zw, (number & 2u) != 0u);
    return select(pair.x, pair.y, (number & 1u) != 0u);
}
{% endif %}
{% call(i) each("params.quads", 256) %}
{%- if by_channel %}
    let random = vec4<u32>(shared_word(4u * i), shared_word(4u * i + 1u), shared_word(4u * i + 2u), shared_word(4u * i + 3u));
{%- else %}
    let random = words(i);
{%- endif %}
    let kept = (random >> vec4<u32>(8u)) >= vec4<u32>(params.threshold);
    y[i] = select(vec4<f32>(0.0), params.gain * x[i], kept);
{% endcall %}
