// v = ((2 t - 1) x + s f) / s^2 for each sample, s^2 = t^2 + (1 - t)^2
{% from "shared/each.wgsl" import each %}
{% include "shared/samples.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, ..]
@group(0) @binding(1) var<storage, read> f: array<Value>; // [N, ..]
@group(0) @binding(2) var<storage, read> t: array<f32>; // [N]
@group(0) @binding(3) var<storage, read_write> v: array<Value>; // [N, ..]

{% call(i) each("params.values", 64) %}
    let time = t[i / params.per_sample];
    let variance = time * time + (1.0 - time) * (1.0 - time);
    v[i] = (2.0 * time - 1.0) / variance * x[i] + 1.0 / sqrt(variance) * f[i];
{% endcall %}
