// A reduction over a workgroup whose invocations are rows of params.tile, a power of two: the sum over a column, in a fixed order,
// returned at least to the first row. All invocations must call together.
{% if one_subgroup %}
fn over_rows(value: Value, invocation: u32) -> Value {
    let column = invocation & (params.tile - 1u);
    var sum = Value();
{% for l in range(lanes) %}
    sum += select(Value(), subgroupBroadcast(value, {{ l }}u), ({{ l }}u & (params.tile - 1u)) == column);
{% endfor %}
    return sum;
}
{% else %}
var<workgroup> row_values: array<Value, {{ lanes }}>;

fn over_rows(value: Value, invocation: u32) -> Value {
    row_values[invocation] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half >= params.tile; half = half / 2u) {
        if invocation < half {
            row_values[invocation] += row_values[invocation + half];
        }
        workgroupBarrier();
    }
    let sum = row_values[invocation];
    workgroupBarrier();
    return sum;
}
{% endif %}
