// dx and, for group_norm_dw, each sample's sums of dz and dz xhat, in one dispatch: one workgroup per sample and group.
// With xhat = (x - mean) rstd, z = (x - mean) gain + offset, dz = dy act'(z), dxhat = dz gamma (1 + scale) and means over the
// group:
// dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))
//    = dz gain - rstd mean(dxhat) - (x - mean) rstd^2 mean(dxhat xhat), since gain = gamma rstd (1 + scale).
{% include "shared/norm_one_pass.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [N, positions, C]
@group(0) @binding(2) var<storage, read> coefficients: array<Value>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(3) var<storage, read_write> dx: array<Value>; // [N, positions, C]
@group(0) @binding(4) var<storage, read_write> channel_sums: array<Value>; // [N, 2, C]: of dz, of dz xhat

{% include "shared/index.wgsl" %}
{% include "shared/reduce.wgsl" %}
{% include "shared/reduce_rows.wgsl" %}
{% if silu %}{% include "shared/sigmoid.wgsl" %}{% endif %}
@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    {% include "shared/norm_one_pass_index.wgsl" %}
    let at = sample * 4u * vectors + first;
    let mean = coefficients[at];
    let rstd = coefficients[at + 3u * vectors];
    var rstd_sum_dxhat = 0.0;
    var rstd_sum_dxhat_xhat = 0.0;
    // Every invocation runs through every block, since they synchronise in each.
    for (var block = 0u; block < params.group_vectors; block += params.tile) {
        let v = block + column;
        let clamped = min(v, params.group_vectors - 1u);
        let gain = coefficients[at + vectors + clamped];
        let offset = coefficients[at + 2u * vectors + clamped];
        var sum_dz = Value();
        var sum_dz_xhat = Value();
        if v < params.group_vectors {
            for (var p = row; p < params.positions; p += rows) {
                let i = base + p * vectors + v;
                let centred = x[i] - mean;
                let dz = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
                sum_dz += dz;
                sum_dz_xhat += dz * centred;
            }
        }
        sum_dz_xhat *= rstd; // xhat = (x - mean) rstd
        rstd_sum_dxhat += sum_of_channels(gain * sum_dz);
        rstd_sum_dxhat_xhat += sum_of_channels(gain * sum_dz_xhat);
        sum_dz = sum_over_rows(sum_dz, invocation);
        sum_dz_xhat = sum_over_rows(sum_dz_xhat, invocation);
        if row == 0u && v < params.group_vectors {
            let c = first + v;
            channel_sums[sample * 2u * vectors + c] = sum_dz;
            channel_sums[(sample * 2u + 1u) * vectors + c] = sum_dz_xhat;
        }
    }
    let rstd_mean_dxhat = workgroup_sum(rstd_sum_dxhat, invocation) / size;
    let rstd2_mean_dxhat_xhat = workgroup_sum(rstd_sum_dxhat_xhat, invocation) * rstd / size;

    for (var v = column; v < params.group_vectors; v += params.tile) {
        let gain = coefficients[at + vectors + v];
        let offset = coefficients[at + 2u * vectors + v];
        for (var p = row; p < params.positions; p += rows) {
            let i = base + p * vectors + v;
            let centred = x[i] - mean;
            let dz = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
            dx[i] {% if accumulate %}+{% endif %}= dz * gain - rstd_mean_dxhat - centred * rstd2_mean_dxhat_xhat;
        }
    }
}
