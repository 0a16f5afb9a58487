// target[i] += the sum of partials[p, i] over split-K partials p, in order; bias[i] += that of partials[p, target_length + i].
//
// vector: floats per value (4 where both lengths divide by 4). bias: whether there is one.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values, as target_length
    partials: u32,
    target_length: u32,
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> partials: array<Value>; // [partials, length]
@group(0) @binding(1) var<storage, read_write> target_: array<Value>; // [target_length]
{% if bias -%}
@group(0) @binding(2) var<storage, read_write> bias: array<Value>; // [length - target_length]
{% endif %}
{% call(i) each("params.length", 64) %}
    var sum = Value();
    for (var partial = 0u; partial < params.partials; partial += 1u) {
        sum += partials[partial * params.length + i];
    }
{%- if bias %}
    if i >= params.target_length {
        bias[i - params.target_length] += sum;
        return;
    }
{%- endif %}
    target_[i] += sum;
{% endcall %}
