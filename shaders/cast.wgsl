// y = x, in the format that y is stored in.
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [length]

{% call(i) each("params.quads", 256) %}
    y[i] = x[i];
{% endcall %}
