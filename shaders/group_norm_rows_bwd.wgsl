// dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat)), dxhat = gamma dy, means over the channels of a row, which is a sample of one
// position and one group; and, for group_norm_dw, the sums of dy and dy xhat over the rows of a part.
//
// vector: floats per value. accumulate: whether dx is added to what is there.
{% from "shared/each.wgsl" import workgroup_per %}
{% include "shared/norm_rows.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [rows, C]
@group(0) @binding(2) var<storage, read> gamma: array<Value>; // [C]
@group(0) @binding(3) var<storage, read> statistics: array<f32>; // [rows, 2]: mean, rstd
@group(0) @binding(4) var<storage, read_write> dx: array<Value>; // [rows, C]
@group(0) @binding(5) var<storage, read_write> channel_sums: array<Value>; // [parts, 2, C]: of dy, of dy xhat

{% include "shared/reduce.wgsl" %}

{% call(part, invocation) workgroup_per("(params.rows + params.rows_per_part - 1u) / params.rows_per_part", invocations) %}
    let size = f32(params.vectors * {{ vector }}u);
    let begin = part * params.rows_per_part;
    let end = min(params.rows, begin + params.rows_per_part);
    for (var row = begin; row < end; row += 1u) {
        let first = row * params.vectors;
        let mean = statistics[2u * row];
        let rstd = statistics[2u * row + 1u];
        var sum_dxhat = 0.0;
        var sum_dxhat_xhat = 0.0;
        for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
            let dxhat = gamma[v] * dy[first + v];
            sum_dxhat += sum_of_channels(dxhat);
            sum_dxhat_xhat += sum_of_channels(dxhat * (x[first + v] - mean));
        }
        let rstd_mean_dxhat = rstd * workgroup_sum(sum_dxhat, invocation) / size;
        // xhat = (x - mean) rstd, here and in the mean.
        let rstd3_mean = rstd * rstd * rstd * workgroup_sum(sum_dxhat_xhat, invocation) / size;
        for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
            let i = first + v;
            dx[i] {% if accumulate %}+{% endif %}= gamma[v] * dy[i] * rstd - rstd_mean_dxhat - (x[i] - mean) * rstd3_mean;
        }
    }
    for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
        var sum_dy = Value();
        var sum_dy_xhat = Value();
        for (var row = begin; row < end; row += 1u) {
            let i = row * params.vectors + v;
            let gradient = dy[i];
            sum_dy += gradient;
            sum_dy_xhat += gradient * (x[i] - statistics[2u * row]) * statistics[2u * row + 1u];
        }
        channel_sums[2u * part * params.vectors + v] = sum_dy;
        channel_sums[(2u * part + 1u) * params.vectors + v] = sum_dy_xhat;
    }
{% endcall %}
