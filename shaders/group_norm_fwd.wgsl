// y = act(z) + residual, z = (x - mean) gain + offset with the coefficients of group_norm_finish; act is SiLU or the identity.
// One invocation per chunk of positions and {{ vector }} channels.
{% include "shared/norm_chunked.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> coefficients: array<Value>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(2) var<storage, read_write> y: array<Value>; // [N, positions, C]
{% if residual %}
@group(0) @binding(3) var<storage, read> residual: array<Value>; // [N, positions, C]
{% endif %}
{% include "shared/index.wgsl" %}
{% if silu %}{% include "shared/sigmoid.wgsl" %}{% endif %}
@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + invocation;
    if item >= params.length {
        return;
    }
    {% include "shared/norm_chunked_index.wgsl" %}
    let at = sample * 4u * params.vectors + vector;
    let mean = coefficients[at];
    let gain = coefficients[at + params.vectors];
    let offset = coefficients[at + 2u * params.vectors];
    for (var p = first; p < end; p += params.stride) {
        let i = base + p * params.vectors;
        let z = (x[i] - mean) * gain + offset;
        y[i] = {% if silu %}z * sigmoid(z){% else %}z{% endif %}{% if residual %} + residual[i]{% endif %};
    }
}
