// dx = dz gain - rstd mean(dxhat) - (x - mean) rstd^2 mean(dxhat xhat), with dz = dy act'(z), z = (x - mean) gain + offset and the
// means of group_norm_bwd_finish. One invocation per chunk of positions and {{ vector }} channels.
{% include "shared/norm_chunked.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [N, positions, C]
@group(0) @binding(2) var<storage, read> coefficients: array<Value>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(3) var<storage, read> dx_means: array<Value>; // [N, 2, C]: rstd mean(dxhat), rstd^2 mean(dxhat xhat)
@group(0) @binding(4) var<storage, read_write> dx: array<Value>; // [N, positions, C]

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
    let rstd_mean_dxhat = dx_means[sample * 2u * params.vectors + vector];
    let rstd2_mean_dxhat_xhat = dx_means[(sample * 2u + 1u) * params.vectors + vector];
    for (var p = first; p < end; p += params.stride) {
        let i = base + p * params.vectors;
        let centred = x[i] - mean;
        let dz = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
        dx[i] = dz * gain - rstd_mean_dxhat - centred * rstd2_mean_dxhat_xhat;
    }
}
