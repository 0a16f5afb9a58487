// y = act((x - mean) gain + offset) + residual with the coefficients of group_norm_finish; act is SiLU or nothing.
// A lane per {{ vector }} channels (a piece) of a chunk of positions.
{% include "shared/norm_chunks.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> norm: array<Value>; // [N, 4, C]: mean, gain, offset, 1 / deviation
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
    @builtin(local_invocation_index) lane: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + lane;
    if item >= params.lanes {
        return;
    }
    {% include "shared/norm_walk.wgsl" %}
    for (var p = chunk * params.start_step; p < end; p += params.step) {
        let i = start + p * params.pieces;
        let z = (x[i] - mean) * gain + offset;
        y[i] = {% if silu %}z * sigmoid(z){% else %}z{% endif %}{% if residual %} + residual[i]{% endif %};
    }
}
