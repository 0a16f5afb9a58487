// dx = dy (s + x s (1 - s) 2 u'), s = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
{% from "shared/each.wgsl" import each %}
{% include "shared/quads.wgsl" %}

alias Value = vec4<f32>;

@group(0) @binding(0) var<storage, read> x: array<Value>; // [length]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [length]
@group(0) @binding(2) var<storage, read_write> dx: array<Value>; // [length]

{% include "shared/sigmoid.wgsl" %}

{% call(i) each("params.quads", 256) %}
    let value = x[i];
    let square = value * value;
    let s = sigmoid(value * (1.5957691216 + 0.0713548163 * square)); // 2 sqrt(2 / pi), times 0.044715
    dx[i] = dy[i] * s * (1.0 + (1.0 - s) * value * (1.5957691216 + 0.2140644488 * square));
{% endcall %}
