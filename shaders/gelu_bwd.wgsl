// dx = dy (Phi(x) + x phi(x)), phi the density of the standard normal distribution and Phi its distribution function
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>; // [length]
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>; // [length]

{% include "shared/normal.wgsl" %}

{% call(i) each("params.quads", 256) %}
    dx[i] = dy[i] * (normal_below(x[i]) + x[i] * normal_density(x[i]));
{% endcall %}
