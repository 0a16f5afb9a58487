// dx = scale y (dy - sum(y dy)) over the last axis; one workgroup per row.
//
// held: as in softmax_fwd.
{% from "shared/each.wgsl" import workgroup_per %}
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> y: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> dx: array<f32>; // [rows, columns]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let start = row * params.columns;
    var sum_y_dy = 0.0;
{%- if held %}
    let last = start + params.columns - 1u;
{%- for j in range(held) %}
    let inside{{ j }} = invocation + {{ j * invocations }}u < params.columns;
    let at{{ j }} = min(start + invocation + {{ j * invocations }}u, last);
    let y{{ j }} = y[at{{ j }}];
    let dy{{ j }} = dy[at{{ j }}];
    sum_y_dy += select(0.0, y{{ j }} * dy{{ j }}, inside{{ j }});
{%- endfor %}
    sum_y_dy = workgroup_sum(sum_y_dy, invocation);
{%- for j in range(held) %}
    if inside{{ j }} {
        dx[at{{ j }}] = params.scale * y{{ j }} * (dy{{ j }} - sum_y_dy);
    }
{%- endfor %}
{%- else %}
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        sum_y_dy += y[start + c] * dy[start + c];
    }
    sum_y_dy = workgroup_sum(sum_y_dy, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        dx[start + c] = params.scale * y[start + c] * (dy[start + c] - sum_y_dy);
    }
{%- endif %}
{% endcall %}
