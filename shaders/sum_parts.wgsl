// Adds up the parts of a split product, in order, and adds the sum to the target. What is behind the target in a part is
// added to the bias.
struct Params {
    length: u32, // in values
    parts: u32,
    target_length: u32,
}
{{ immediates }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> parts: array<Value>; // [parts, length]
@group(0) @binding(1) var<storage, read_write> target_: array<Value>; // [target_length]
{% if bias %}
@group(0) @binding(2) var<storage, read_write> bias: array<Value>; // [length - target_length]
{% endif %}

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i >= params.length {
        return;
    }
    var sum = Value();
    for (var part = 0u; part < params.parts; part += 1u) {
        sum += parts[part * params.length + i];
    }
    {% if bias %}
    if i >= params.target_length {
        bias[i - params.target_length] += sum;
        return;
    }
    {% endif %}
    target_[i] += sum;
}
