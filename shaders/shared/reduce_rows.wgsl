// A reduction over a workgroup whose invocations are rows of params.tile, a power of two: the sum over a column, in a fixed order,
// returned at least to the first row. All invocations must call together.
{% if one_subgroup %}
fn sum_over_rows(value: Value, invocation: u32) -> Value {
    let column = invocation & (params.tile - 1u);
    var sum = Value();
{% for l in range(invocations) %}
    sum += select(Value(), subgroupBroadcast(value, {{ l }}u), ({{ l }}u & (params.tile - 1u)) == column);
{% endfor %}
    return sum;
}
{% else %}
var<workgroup> reduced_rows: array<Value, {{ invocations }}>;

fn sum_over_rows(value: Value, invocation: u32) -> Value {
    reduced_rows[invocation] = value;
    workgroupBarrier();
    for (var half = {{ invocations }}u / 2u; half >= params.tile; half = half / 2u) {
        if invocation < half {
            reduced_rows[invocation] += reduced_rows[invocation + half];
        }
        workgroupBarrier();
    }
    let sum = reduced_rows[invocation];
    workgroupBarrier();
    return sum;
}
{% endif %}
