// y = gamma x, gamma a learned scalar
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read> gamma: array<f32>; // [1]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [length]

{% call(i) each("params.quads", 256) %}
    y[i] = gamma[0] * x[i];
{% endcall %}
