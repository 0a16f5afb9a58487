// A team's lanes in rows of params.tile, a power of two: the sum over the lanes of one column, given to the first row at the least, in
// a fixed order. All lanes must call together.
{% if one_subgroup %}
fn over_rows(value: Value, lane: u32) -> Value {
    let column = lane & (params.tile - 1u);
    var sum = Value();
{% for l in range(lanes) %}
    sum += select(Value(), subgroupBroadcast(value, {{ l }}u), ({{ l }}u & (params.tile - 1u)) == column);
{% endfor %}
    return sum;
}
{% else %}
var<workgroup> row_values: array<Value, {{ lanes }}>;

fn over_rows(value: Value, lane: u32) -> Value {
    row_values[lane] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half >= params.tile; half = half / 2u) {
        if lane < half {
            row_values[lane] += row_values[lane + half];
        }
        workgroupBarrier();
    }
    let sum = row_values[lane];
    workgroupBarrier();
    return sum;
}
{% endif %}
