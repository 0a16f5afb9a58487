// y = (x - mean) / deviation for each channel, or its inverse, y = deviation x + mean.
//
// inverse: which of the two. vector: floats per value (4 where the channels divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values, as channels
    channels: u32,
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [.., channels]
@group(0) @binding(1) var<storage, read> mean: array<{{ Value }}>; // [channels]
@group(0) @binding(2) var<storage, read> deviation: array<{{ Value }}>; // [channels]
@group(0) @binding(3) var<storage, read_write> y: array<{{ Value }}>; // [.., channels]

{% call(i) each("params.length", 64) %}
    let channel = i % params.channels;
{%- if inverse %}
    y[i] = deviation[channel] * x[i] + mean[channel];
{%- else %}
    y[i] = (x[i] - mean[channel]) / deviation[channel];
{%- endif %}
{% endcall %}
