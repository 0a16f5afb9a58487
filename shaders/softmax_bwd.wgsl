// dx = scale y (dy - sum(y dy)) over the last axis; one workgroup per row.
{% from "shared/each.wgsl" import workgroup_per %}
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> y: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> dx: array<f32>; // [rows, columns]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let start = row * params.columns;
    var sum_y_dy = 0.0;
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        sum_y_dy += y[start + c] * dy[start + c];
    }
    sum_y_dy = workgroup_sum(sum_y_dy, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        dx[start + c] = params.scale * y[start + c] * (dy[start + c] - sum_y_dy);
    }
{% endcall %}
