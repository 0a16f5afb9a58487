// target += the sum over split-K partials of parts[part, .. target_length], and bias += that of the elements after them, in order.
//
// vector: floats per value (4 where both lengths divide by 4). bias: whether there is one.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // in values, as target_length
    parts: u32,
    target_length: u32,
}
{{ immediates }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> parts: array<Value>; // [parts, length]
@group(0) @binding(1) var<storage, read_write> target_: array<Value>; // [target_length]
{% if bias -%}
@group(0) @binding(2) var<storage, read_write> bias: array<Value>; // [length - target_length]
{% endif %}
{% call(i) each("params.length", 64) %}
    var sum = Value();
    for (var part = 0u; part < params.parts; part += 1u) {
        sum += parts[part * params.length + i];
    }
{%- if bias %}
    if i >= params.target_length {
        bias[i - params.target_length] += sum;
        return;
    }
{%- endif %}
    target_[i] += sum;
{% endcall %}
