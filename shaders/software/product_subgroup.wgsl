// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n], the subgroup variant: one subgroup of {{ lanes }}
// lanes per workgroup. For software Vulkan alone, see README.md. What it calls is declared in shared/product_tile.wgsl.
//
// Each lane loads different elements of A, which subgroupBroadcast from literal lanes shares with the others; each lane holds
// `vectors` times `width` columns of B and of the accumulators. A lane holds {{ a_width }} elements of a row of A, so {{ chunk }} elements of k take
// {{ chunk // a_width }} lanes, and one load serves {{ lanes * a_width // chunk }} row(s).
{% set per_row = chunk // a_width %}
{% set rows_per_load = lanes // per_row %}
{% set loads = (rows + rows_per_load - 1) // rows_per_load %}
{% set block = [rows, 16 // (width * vectors)] | min %}
{% set component = ["x", "y", "z", "w"] %}
{% set stored = [1, rows // 16] | max %}
{% from "software/pick.wgsl" import pick %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let column_groups = (params.n + {{ columns - 1 }}u) / {{ columns }}u;
    let tile = divide(workgroup_number(workgroup, grid), column_groups);
    {% if accumulate %}
    let row = tile.x * {{ rows }}u;
    if row >= params.m {
        return;
    }
    {% else %}
    // No early return: everything after it would be masked. Workgroups beyond the last one of a folded grid compute the last rows
    // again.
    let row = min(tile.x * {{ rows }}u, params.m - 1u);
    {% endif %}
    let column = tile.y * {{ lanes * vectors }}u + lane;
    {% for s in range(vectors) %}
    let column_{{ s }} = min(column + {{ lanes * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    {% for j in range(loads) %}
    let start_{{ j }} = a_start(min(row + {{ j * rows_per_load }}u + lane / {{ per_row }}u, params.m - 1u), workgroup.z);
    {% endfor %}
    {% for r in range(rows) %}
    {% for s in range(vectors) %}
    var sum_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    // Loops over blocks of rows, of which the compiler cannot even know the largest number: it would unroll them, and {{ rows * vectors }} stores take
    // long to compile.
    let end_row = min(row + {{ rows }}u, params.m);
    {% if accumulate %}
    for (var i = 0u; row + i * {{ stored }}u < end_row; i += 1u) {
        {% for r in range(stored) %}
        {% for s in range(vectors) %}
        let c_{{ r }}_{{ s }} = load_c(min(row + i * {{ stored }}u + {{ r }}u, params.m - 1u), column_{{ s }}, workgroup.z);
        {% endfor %}
        {% endfor %}
        {% for r in range(rows) %}
        {% for s in range(vectors) %}
        sum_{{ r }}_{{ s }} = select(sum_{{ r }}_{{ s }}, c_{{ r % stored }}_{{ s }}, (i ^ {{ r // stored }}u) == 0u);
        {% endfor %}
        {% endfor %}
    }
    {% endif %}
    for (var tap = 0u; tap < {{ taps }}u; tap += 1u) {
        {% for j in range(loads) %}
        let offset_{{ j }} = a_offset(start_{{ j }}, tap);
        {% endfor %}
        for (var k = 0u; k < params.k; k += {{ chunk }}u) {
            let own_k = k + (lane % {{ per_row }}u) * {{ a_width }}u;
            // All loads first: each ends a basic block, and accumulators that live across one are spilled to memory.
            {% for j in range(loads) %}
            let a_{{ j }} = load_a(offset_{{ j }}, own_k);
            {% endfor %}
            {% for s in range(vectors) %}
            {% if b_transposed %}
            {% for l in range(per_row) %}
            let b_vector_{{ l }}_{{ s }} = load_b_transposed(tap, k + {{ l * a_width }}u, column_{{ s }}, workgroup.z);
            {% for c in range(a_width) %}
            let b_{{ l * a_width + c }}_{{ s }} = b_vector_{{ l }}_{{ s }}{{ "." ~ component[c] if a_width > 1 else "" }};
            {% endfor %}
            {% endfor %}
            {% else %}
            {% for i in range(chunk) %}
            let b_{{ i }}_{{ s }} = load_b(tap, k + {{ i }}u, column_{{ s }}, workgroup.z);
            {% endfor %}
            {% endif %}
            {% endfor %}
            // A few rows at a time, all of the chunk for each, so that their accumulators stay in registers.
            {% for first in range(0, rows, block) %}
            {% for i in range(chunk) %}
            {% for r in range(first, [rows, first + block] | min) %}
            let a_{{ r }}_{{ i }} = {{ column }}(subgroupBroadcast(a_{{ r // rows_per_load }}{{ "." ~ component[i % a_width] if a_width > 1 else "" }}, {{ r % rows_per_load * per_row + i // a_width }}u));
            {% for s in range(vectors) %}
            sum_{{ r }}_{{ s }} = fma(a_{{ r }}_{{ i }}, b_{{ i }}_{{ s }}, sum_{{ r }}_{{ s }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
    }
    // Out-of-range rows and columns were clamped to the last one, so they recompute and store its value again, which is cheaper than
    // a branch. Lanes in lockstep store the same value to the same place, so the race is harmless.
    {% for s in range(vectors) %}
    let bias_{{ s }} = load_bias(column_{{ s }});
    {% endfor %}
    for (var i = 0u; row + i * {{ stored }}u < end_row; i += 1u) {
        {% for r in range(stored) %}
        {% for s in range(vectors) %}
        store(min(row + i * {{ stored }}u + {{ r }}u, params.m - 1u), column_{{ s }}, {{ pick("sum_", range(r, rows, stored) | list, "_" ~ s) }}, bias_{{ s }}, workgroup.z);
        {% endfor %}
        {% endfor %}
    }
}
