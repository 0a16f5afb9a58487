// y = softmax(scale x) over the last axis; one workgroup per row.
//
// held: elements of a row that each invocation keeps in registers; 0 where the row is too long, which is then read again.
{% from "shared/each.wgsl" import workgroup_per %}
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, columns]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;
const LOWEST = -3.4e38;

{% call(row, invocation) workgroup_per("params.rows", invocations) %}
    let start = row * params.columns;
    var max_x = LOWEST;
    var sum_exp = 0.0;
{%- if held %}
    let last = start + params.columns - 1u;
{%- for j in range(held) %}
    let inside{{ j }} = invocation + {{ j * invocations }}u < params.columns;
    let x{{ j }} = select(LOWEST, params.scale * x[min(start + invocation + {{ j * invocations }}u, last)], inside{{ j }});
    max_x = max(max_x, x{{ j }});
{%- endfor %}
    max_x = workgroup_max(max_x, invocation);
{%- for j in range(held) %}
    let exp{{ j }} = select(0.0, exp(x{{ j }} - max_x), inside{{ j }});
    sum_exp += exp{{ j }};
{%- endfor %}
    let inverse_sum = 1.0 / workgroup_sum(sum_exp, invocation);
{%- for j in range(held) %}
    if inside{{ j }} {
        y[start + invocation + {{ j * invocations }}u] = exp{{ j }} * inverse_sum;
    }
{%- endfor %}
{%- else %}
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        max_x = max(max_x, params.scale * x[start + c]);
    }
    max_x = workgroup_max(max_x, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        let exp_x = exp(params.scale * x[start + c] - max_x);
        y[start + c] = exp_x;
        sum_exp += exp_x;
    }
    let inverse_sum = 1.0 / workgroup_sum(sum_exp, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        y[start + c] *= inverse_sum;
    }
{%- endif %}
{% endcall %}
