// dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat)), dxhat = (1 + scale) dy, means over the channels of a row. One workgroup per
// row.
//
// vector: as in layer_norm_fwd. accumulate: whether dx is added to what is there.
{% from "shared/each.wgsl" import workgroup_per %}
{% include "shared/layer_norm.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, C]
@group(0) @binding(1) var<storage, read> scale_shift: array<Value>; // [N, table_row]
@group(0) @binding(2) var<storage, read> statistics: array<vec2<f32>>; // [rows]: mean, rstd
@group(0) @binding(3) var<storage, read> dy: array<Value>; // [rows, C]
@group(0) @binding(4) var<storage, read_write> dx: array<Value>; // [rows, C]

{% include "shared/reduce.wgsl" %}

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let first = row * params.channels;
    let size = f32(params.channels * {{ vector }}u);
    let mean = statistics[row].x;
    let rstd = statistics[row].y;
    let scales = row / params.rows_per_sample * params.table_row + params.start;
    var sum_dxhat = 0.0;
    var sum_dxhat_xhat = 0.0;
    for (var c = invocation; c < params.channels; c += WORKGROUP_SIZE) {
        let dxhat = (1.0 + scale_shift[scales + c]) * dy[first + c];
        sum_dxhat += sum_of_channels(dxhat);
        sum_dxhat_xhat += sum_of_channels(dxhat * (x[first + c] - mean));
    }
    let mean_dxhat = workgroup_sum(sum_dxhat, invocation) / size;
    let mean_dxhat_xhat = workgroup_sum(sum_dxhat_xhat, invocation) * rstd / size;
    for (var c = invocation; c < params.channels; c += WORKGROUP_SIZE) {
        let dxhat = (1.0 + scale_shift[scales + c]) * dy[first + c];
        let xhat = (x[first + c] - mean) * rstd;
        dx[first + c] {% if accumulate %}+{% endif %}= rstd * (dxhat - mean_dxhat - xhat * mean_dxhat_xhat);
    }
{% endcall %}
