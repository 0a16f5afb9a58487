// An exponential moving average: y = decay y + (1 - decay) x.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32,
    decay: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [length]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [length]

{% call(i) each("params.length", 64) %}
    y[i] = params.decay * y[i] + (1.0 - params.decay) * x[i];
{% endcall %}
