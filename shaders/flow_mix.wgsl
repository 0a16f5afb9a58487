// A point on the straight path from noise to data, and the velocity there: y = (1 - t) x0 + t x1, velocity = x1 - x0.
{% from "shared/each.wgsl" import each %}
{% include "shared/samples.wgsl" %}

@group(0) @binding(0) var<storage, read> x0: array<Value>; // [N, ..]
@group(0) @binding(1) var<storage, read> x1: array<Value>; // [N, ..]
@group(0) @binding(2) var<storage, read> t: array<f32>; // [N]
@group(0) @binding(3) var<storage, read_write> y: array<Value>; // [N, ..]
@group(0) @binding(4) var<storage, read_write> velocity: array<Value>; // [N, ..]

{% call(i) each("params.values", 64) %}
    let time = t[i / params.per_sample];
    let noise = x0[i];
    let data = x1[i];
    y[i] = (1.0 - time) * noise + time * data;
    velocity[i] = data - noise;
{% endcall %}
