// y = x Phi(x), Phi the distribution function of the standard normal distribution
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [length]

{% include "shared/normal.wgsl" %}

{% call(i) each("params.quads", 256) %}
    y[i] = x[i] * normal_below(x[i]);
{% endcall %}
