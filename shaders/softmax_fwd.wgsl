// y = softmax(scale x) over the last axis; one workgroup per row.
{% from "shared/each.wgsl" import workgroup_per %}
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, columns]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let start = row * params.columns;
    var max_x = -3.4e38;
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        max_x = max(max_x, params.scale * x[start + c]);
    }
    max_x = workgroup_max(max_x, invocation);
    var sum_exp = 0.0;
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        let exp_x = exp(params.scale * x[start + c] - max_x);
        y[start + c] = exp_x;
        sum_exp += exp_x;
    }
    let inverse_sum = 1.0 / workgroup_sum(sum_exp, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        y[start + c] *= inverse_sum;
    }
{% endcall %}
