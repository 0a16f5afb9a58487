// Each channel's sums of dz and of dz (x - mean) over a chunk of positions; dz = dy act'(z), z = (x - mean) gain + offset.
// One invocation per chunk and {{ vector }} channels.
{% include "shared/norm_chunked.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [N, positions, C]
@group(0) @binding(2) var<storage, read> coefficients: array<Value>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(3) var<storage, read_write> chunk_sum_dz: array<Value>; // [N, chunks, C]
@group(0) @binding(4) var<storage, read_write> chunk_sum_dz_centred: array<Value>; // [N, chunks, C]

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
    var sum_dz = Value();
    var sum_dz_centred = Value();
    for (var p = first; p < end; p += params.stride) {
        let i = base + p * params.vectors;
        let centred = x[i] - mean;
        let dz = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
        sum_dz += dz;
        sum_dz_centred += dz * centred;
    }
    chunk_sum_dz[item] = sum_dz;
    chunk_sum_dz_centred[item] = sum_dz_centred;
}
