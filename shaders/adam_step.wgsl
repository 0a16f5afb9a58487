// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(correction v) + epsilon), ema = decay ema + (1 - decay) w:
// one step of Adam (Kingma and Ba 2015, algorithm 1) on the clipped gradient g, and the moving average of the weights.
//
// If the gradient is not finite, nothing changes. scaled: whether it is that of a scaled loss; averaged: whether there is a moving average.
{% from "shared/each.wgsl" import each %}
struct Params {
    quads: u32,
    rate: f32, // learning rate / (1 - beta1^step)
    correction: f32, // 1 / (1 - beta2^step)
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    clip: f32,
    ema_decay: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> norm: array<f32>; // [1]
@group(0) @binding(1) var<storage, read> g: array<vec4<f32>>; // [quads]
@group(0) @binding(2) var<storage, read_write> w: array<vec4<f32>>; // [quads]
@group(0) @binding(3) var<storage, read_write> m: array<vec4<f32>>; // [quads]
@group(0) @binding(4) var<storage, read_write> v: array<vec4<f32>>; // [quads]
{% if averaged -%}
@group(0) @binding(5) var<storage, read_write> ema: array<vec4<f32>>; // [quads]
{% endif %}
{%- if scaled -%}
@group(0) @binding({{ 6 if averaged else 5 }}) var<storage, read> scale: array<f32>; // [1]
{% endif %}
{% include "shared/finite.wgsl" %}

{% call(i) each("params.quads", 64) %}
    if !is_finite(norm[0]) {
        return;
    }
{%- if scaled %}
    let factor = min(1.0, params.clip / (norm[0] / scale[0] + 1e-6)) / scale[0];
{%- else %}
    let factor = min(1.0, params.clip / (norm[0] + 1e-6));
{%- endif %}
    let gradient = factor * g[i];
    let mean = params.beta1 * m[i] + (1.0 - params.beta1) * gradient;
    let square = params.beta2 * v[i] + (1.0 - params.beta2) * gradient * gradient;
    let weight = w[i] - params.rate * mean / (sqrt(params.correction * square) + params.epsilon);
    m[i] = mean;
    v[i] = square;
    w[i] = weight;
{%- if averaged %}
    ema[i] = params.ema_decay * ema[i] + (1.0 - params.ema_decay) * weight;
{%- endif %}
{% endcall %}
