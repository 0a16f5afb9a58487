// y = (1 + scale) xhat + shift, xhat = (x - mean) rstd, rstd = 1 / sqrt(var + eps): mean and variance over the channels of a row, scale
// and shift for each channel of each sample. One workgroup per row.
//
// vector: floats per value (4 where the channels, a row of the table and its first scale's column divide by 4).
{% from "shared/each.wgsl" import workgroup_per %}
{% include "shared/layer_norm.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, C]
@group(0) @binding(1) var<storage, read> scale_shift: array<Value>; // [N, table_row]
@group(0) @binding(2) var<storage, read_write> statistics: array<vec2<f32>>; // [rows]: mean, rstd
@group(0) @binding(3) var<storage, read_write> y: array<Value>; // [rows, C]

{% include "shared/reduce.wgsl" %}

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let first = row * params.channels;
    let size = f32(params.channels * {{ vector }}u);
    var sum = 0.0;
    for (var c = invocation; c < params.channels; c += WORKGROUP_SIZE) {
        sum += sum_of_channels(x[first + c]);
    }
    let mean = workgroup_sum(sum, invocation) / size;
    var sum_of_squares = 0.0;
    for (var c = invocation; c < params.channels; c += WORKGROUP_SIZE) {
        let centred = x[first + c] - mean;
        sum_of_squares += sum_of_channels(centred * centred);
    }
    let rstd = 1.0 / sqrt(workgroup_sum(sum_of_squares, invocation) / size + params.eps);
    if invocation == 0u {
        statistics[row] = vec2<f32>(mean, rstd);
    }
    let scales = row / params.rows_per_sample * params.table_row + params.start;
    for (var c = invocation; c < params.channels; c += WORKGROUP_SIZE) {
        let xhat = (x[first + c] - mean) * rstd;
        y[first + c] = (1.0 + scale_shift[scales + c]) * xhat + scale_shift[scales + params.channels + c];
    }
{% endcall %}
