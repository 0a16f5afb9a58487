// With d the gradient before the activation: each channel's sums of d and of d (x - mean) over a chunk of positions.
// A lane per {{ vector }} channels (a piece) of a chunk.
{% include "shared/norm_chunks.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [N, positions, C]
@group(0) @binding(2) var<storage, read> norm: array<Value>; // [N, 4, C]: mean, gain, offset, 1 / deviation
@group(0) @binding(3) var<storage, read_write> sums: array<Value>; // [N, chunks, C]
@group(0) @binding(4) var<storage, read_write> alongs: array<Value>; // [N, chunks, C]

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
    var sum = Value();
    var along = Value();
    for (var p = chunk * params.start_step; p < end; p += params.step) {
        let i = start + p * params.pieces;
        let centred = x[i] - mean;
        let d = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
        sum += d;
        along += d * centred;
    }
    sums[item] = sum;
    alongs[item] = along;
}
