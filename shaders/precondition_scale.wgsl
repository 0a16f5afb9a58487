// y = c x for each sample: c = {% if slope %}(2 t - 1) / s^2{% else %}1 / s{% endif %}, s^2 = t^2 + (1 - t)^2
//
// slope: which of the two factors.
{% from "shared/each.wgsl" import each %}
{% include "shared/samples.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, ..]
@group(0) @binding(1) var<storage, read> t: array<f32>; // [N]
@group(0) @binding(2) var<storage, read_write> y: array<Value>; // [N, ..]

{% call(i) each("params.values", 64) %}
    let time = t[i / params.per_sample];
    let variance = time * time + (1.0 - time) * (1.0 - time);
    y[i] = {% if slope %}(2.0 * time - 1.0) / variance{% else %}1.0 / sqrt(variance){% endif %} * x[i];
{% endcall %}
