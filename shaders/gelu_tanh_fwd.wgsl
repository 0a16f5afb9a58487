// y = x sigmoid(2 u) = x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

alias Value = vec4<f32>;

@group(0) @binding(0) var<storage, read> x: array<Value>; // [length]
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [length]

{% include "shared/sigmoid.wgsl" %}

{% call(i) each("params.quads", 256) %}
    let value = x[i];
    y[i] = value * sigmoid(value * (1.5957691216 + 0.0713548163 * value * value)); // 2 sqrt(2 / pi), times 0.044715
{% endcall %}
