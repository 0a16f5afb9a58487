// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n], for software Vulkan: one subgroup of eight
// lanes per workgroup and no workgroup memory. Each lane loads other elements of A, and the lanes hand them round by
// subgroupBroadcast from literal lanes; each lane holds `width` columns of B and of the accumulators.
//
// A lane holds {{ a_width }} elements of a row of A, so {{ chunk }} elements of k take {{ chunk // a_width }} lanes, and one load
// serves {{ 8 * a_width // chunk }} row(s).
{% set per_row = chunk // a_width %}
{% set rows_per_load = 8 // per_row %}
{% set loads = rows // rows_per_load %}
{% set part = ["x", "y", "z", "w"] %}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let row = place.x * {{ rows }}u;
    if row >= params.m {
        return;
    }
    let column = place.y * 8u + lane;
    let safe_column = min(column, (params.n - 1u) / {{ width }}u);
    {% for j in range(loads) %}
    let start_{{ j }} = a_start(min(row + {{ j * rows_per_load }}u + lane / {{ per_row }}u, params.m - 1u), workgroup.z);
    {% endfor %}
    {% for r in range(rows) %}
    var sum_{{ r }} = {{ column }}();
    {% endfor %}
    for (var tap = 0u; tap < {{ taps }}u; tap += 1u) {
        {% for j in range(loads) %}
        let from_{{ j }} = a_offset(start_{{ j }}, tap);
        {% endfor %}
        for (var k = 0u; k < params.k; k += {{ chunk }}u) {
            let mine = k + (lane % {{ per_row }}u) * {{ a_width }}u;
            {% for j in range(loads) %}
            let a_{{ j }} = load_a(from_{{ j }}, mine);
            {% endfor %}
            {% if b_transposed %}
            {% for l in range(per_row) %}
            let b_{{ l }} = load_b_transposed(k + {{ l * a_width }}u, safe_column, workgroup.z);
            {% for c in range(a_width) %}
            {% set component = "." ~ part[c] if a_width > 1 else "" %}
            {% for r in range(rows) %}
            sum_{{ r }} = fma(subgroupBroadcast(a_{{ r // rows_per_load }}{{ component }}, {{ r % rows_per_load * per_row + l }}u), b_{{ l }}{{ component }}, sum_{{ r }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
            {% else %}
            {% for l in range(per_row) %}
            {% for c in range(a_width) %}
            {% set component = "." ~ part[c] if a_width > 1 else "" %}
            {% set i = l * a_width + c %}
            let b_{{ i }} = load_b(tap, k + {{ i }}u, safe_column, workgroup.z);
            {% for r in range(rows) %}
            sum_{{ r }} = fma({{ column }}(subgroupBroadcast(a_{{ r // rows_per_load }}{{ component }}, {{ r % rows_per_load * per_row + l }}u)), b_{{ i }}, sum_{{ r }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
            {% endif %}
        }
    }
    if column * {{ width }}u < params.n {
        {% for r in range(rows) %}
        if row + {{ r }}u < params.m {
            store(row + {{ r }}u, column, sum_{{ r }}, workgroup.z);
        }
        {% endfor %}
    }
}
