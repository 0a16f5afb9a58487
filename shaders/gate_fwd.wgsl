// y = x + (1 + g) f, g a gate for each channel of each sample
//
// vector: floats per value (4 where the channels, a row of the table and its first gate's column divide by 4).
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values, as all that follow
    per_sample: u32,
    channels: u32,
    row: u32, // of the table
    start: u32, // column of the first gate
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [N, .., C]
@group(0) @binding(1) var<storage, read> f: array<{{ Value }}>; // [N, .., C]
@group(0) @binding(2) var<storage, read> gates: array<{{ Value }}>; // [N, row]
@group(0) @binding(3) var<storage, read_write> y: array<{{ Value }}>; // [N, .., C]

{% call(i) each("params.length", 256) %}
    let g = gates[i / params.per_sample * params.row + params.start + i % params.channels];
    y[i] = x[i] + (1.0 + g) * f[i];
{% endcall %}
