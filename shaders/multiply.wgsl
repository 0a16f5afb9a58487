// y = a * b
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>; // [length]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [length]

{% call(i) each("params.quads", 256) %}
    y[i] = a[i] * b[i];
{% endcall %}
