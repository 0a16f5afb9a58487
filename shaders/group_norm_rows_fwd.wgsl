// y = gamma xhat + beta, xhat = (x - mean) rstd, rstd = 1 / sqrt(var + eps): mean and variance over the channels of a row, which is a
// sample of one position and one group.
//
// vector: floats per value.
{% from "shared/each.wgsl" import workgroup_per %}
{% include "shared/norm_rows.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, C]
@group(0) @binding(1) var<storage, read> gamma: array<Value>; // [C]
@group(0) @binding(2) var<storage, read> beta: array<Value>; // [C]
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>; // [rows, 2]: mean, rstd
@group(0) @binding(4) var<storage, read_write> y: array<Value>; // [rows, C]

{% include "shared/reduce.wgsl" %}

{% call(part, invocation) workgroup_per("(params.rows + params.rows_per_part - 1u) / params.rows_per_part", invocations) %}
    let size = f32(params.vectors * {{ vector }}u);
    let end = min(params.rows, (part + 1u) * params.rows_per_part);
    for (var row = part * params.rows_per_part; row < end; row += 1u) {
        let first = row * params.vectors;
        var sum = 0.0;
        for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
            sum += sum_of_channels(x[first + v]);
        }
        let mean = workgroup_sum(sum, invocation) / size;
        var sum_of_squares = 0.0;
        for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
            let centred = x[first + v] - mean;
            sum_of_squares += sum_of_channels(centred * centred);
        }
        let rstd = 1.0 / sqrt(workgroup_sum(sum_of_squares, invocation) / size + params.eps);
        if invocation == 0u {
            statistics[2u * row] = mean;
            statistics[2u * row + 1u] = rstd;
        }
        for (var v = invocation; v < params.vectors; v += WORKGROUP_SIZE) {
            y[first + v] = gamma[v] * ((x[first + v] - mean) * rstd) + beta[v];
        }
    }
{% endcall %}
