// Merges the chunks' sums of group_norm_bwd_sums into the two means of dx and, for group_norm_dw, each sample's sums of dz and
// dz xhat. With xhat = (x - mean) rstd, dz = dy act'(z), dxhat = dz gamma (1 + scale) and means over the group:
// dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))
//    = dz gain - rstd mean(dxhat) - (x - mean) rstd^2 mean(dxhat xhat), since gain = gamma rstd (1 + scale).
// One workgroup per sample and group.
struct Params {
    samples: u32,
    groups: u32,
    group_channels: u32,
    positions: u32,
    chunks: u32,
    chunk_offset: u32,
    chunk_span: u32,
    stride: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> chunk_sum_dz: array<f32>; // [N, chunks, C]
@group(0) @binding(1) var<storage, read> chunk_sum_dz_centred: array<f32>; // [N, chunks, C]: of dz (x - mean)
@group(0) @binding(2) var<storage, read> coefficients: array<f32>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(3) var<storage, read_write> dx_means: array<f32>; // [N, 2, C]: rstd mean(dxhat), rstd^2 mean(dxhat xhat)
@group(0) @binding(4) var<storage, read_write> channel_sums: array<f32>; // [N, 2, C]: of dz, of dz xhat

{% include "shared/index.wgsl" %}
{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.groups {
        return;
    }
    let sample = number / params.groups;
    let channels = params.groups * params.group_channels;
    let first = (number - sample * params.groups) * params.group_channels; // channel of the group
    let size = f32(params.positions * params.group_channels);
    let rstd = coefficients[(sample * 4u + 3u) * channels + first];
    var rstd_sum_dxhat = 0.0;
    var rstd_sum_dxhat_xhat = 0.0;
    for (var c = first + invocation; c < first + params.group_channels; c += WORKGROUP_SIZE) {
        var sum_dz = 0.0;
        var sum_dz_xhat = 0.0;
        for (var chunk = 0u; chunk < params.chunks; chunk += 1u) {
            let at = (sample * params.chunks + chunk) * channels + c;
            sum_dz += chunk_sum_dz[at];
            sum_dz_xhat += chunk_sum_dz_centred[at];
        }
        sum_dz_xhat *= rstd; // xhat = (x - mean) rstd
        let gain = coefficients[(sample * 4u + 1u) * channels + c];
        rstd_sum_dxhat += gain * sum_dz;
        rstd_sum_dxhat_xhat += gain * sum_dz_xhat;
        channel_sums[sample * 2u * channels + c] = sum_dz;
        channel_sums[(sample * 2u + 1u) * channels + c] = sum_dz_xhat;
    }
    let rstd_mean_dxhat = workgroup_sum(rstd_sum_dxhat, invocation) / size;
    let rstd2_mean_dxhat_xhat = workgroup_sum(rstd_sum_dxhat_xhat, invocation) * rstd / size;
    for (var c = first + invocation; c < first + params.group_channels; c += WORKGROUP_SIZE) {
        dx_means[sample * 2u * channels + c] = rstd_mean_dxhat;
        dx_means[(sample * 2u + 1u) * channels + c] = rstd2_mean_dxhat_xhat;
    }
}
