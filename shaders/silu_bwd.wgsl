// dx = dy s (1 + x (1 - s)), s = sigmoid(x)
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

alias Value = vec4<f32>;

@group(0) @binding(0) var<storage, read> x: array<Value>; // [length]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [length]
@group(0) @binding(2) var<storage, read_write> dx: array<Value>; // [length]

{% include "shared/sigmoid.wgsl" %}

{% call(i) each("params.quads", 256) %}
    dx[i] = dy[i] * silu_slope(x[i]);
{% endcall %}
