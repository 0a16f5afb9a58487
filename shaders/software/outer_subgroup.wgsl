// The product C[m, n] = sum over k of A[k, m] B[k, n] of two operands that are contiguous in what is not summed, the subgroup
// variant: one subgroup of {{ lanes }} lanes per workgroup. For software Vulkan alone, see README.md. What it calls is declared in
// shared/outer_tile.wgsl.
//
// whole_steps: whether every sum is a multiple of the eight terms of a step.
//
// Each step takes eight terms. Lane l loads elements of row k + l % 8 of A, the lanes from 8 on of later columns, which subgroupBroadcast
// from literal lanes shares with the others; each lane holds `vectors` times `width` columns of B.
{% set component = ["x", "y", "z", "w"] %}
{% set per_load = a_width * lanes // 8 %}
{% set loads = rows // per_load %}
{% set stored = [1, rows // 16] | max %}
{% from "software/pick.wgsl" import pick %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let column_groups = (params.n + {{ columns - 1 }}u) / {{ columns }}u;
    let row_groups = (params.m + {{ rows - 1 }}u) / {{ rows }}u;
    let group = divide(workgroup_number(workgroup, grid), column_groups);
    let tile = divide(group.x, row_groups);
    let row = tile.y * {{ rows }}u;
    let tap = tile.x;
    if tap >= {{ taps }}u {
        return;
    }
    let column = group.y * {{ lanes * vectors }}u + lane;
    {% for s in range(vectors) %}
    let column_{{ s }} = min(column + {{ lanes * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    let range = terms(workgroup.z);
    let first = range.x;
    let end = range.y;
    {% for r in range(rows) %}
    {% for s in range(vectors) %}
    var sum_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    {% if bias %}
    {% for s in range(vectors) %}
    var bias_{{ s }} = {{ column }}();
    {% endfor %}
    {% endif %}
    for (var k = first; k < end; k += 8u) {
        let offset = a_offset(k + lane % 8u, end, tap, workgroup.z);
        // All loads first: each ends a basic block, and accumulators that live across one are spilled to memory.
        {% for j in range(loads) %}
        let a_{{ j }} = load_a(offset, row + {{ j * per_load }}u + lane / 8u * {{ a_width }}u);
        {% endfor %}
        {% for l in range(8) %}
        {% for s in range(vectors) %}
        {% if whole_steps or l == 0 %}
        let b_{{ l }}_{{ s }} = load_b(min(k + {{ l }}u, end - 1u), column_{{ s }}, workgroup.z);
        {% else %}
        // Zeros beyond the end, where A is zero too: zero times an infinity would be a NaN.
        let b_{{ l }}_{{ s }} = select({{ column }}(), load_b(min(k + {{ l }}u, end - 1u), column_{{ s }}, workgroup.z), k + {{ l }}u < end);
        {% endif %}
        {% endfor %}
        {% endfor %}
        {% if bias %}
        {% for l in range(8) %}
        {% for s in range(vectors) %}
        bias_{{ s }} += b_{{ l }}_{{ s }};
        {% endfor %}
        {% endfor %}
        {% endif %}
        {% for r in range(rows) %}
        {% for l in range(8) %}
        let a_{{ r }}_{{ l }} = {{ column }}(subgroupBroadcast(a_{{ r // per_load }}{{ "." ~ component[r % a_width] if a_width > 1 else "" }}, {{ r % per_load // a_width * 8 + l }}u));
        {% for s in range(vectors) %}
        sum_{{ r }}_{{ s }} = fma(a_{{ r }}_{{ l }}, b_{{ l }}_{{ s }}, sum_{{ r }}_{{ s }});
        {% endfor %}
        {% endfor %}
        {% endfor %}
    }
    let end_row = min(row + {{ rows }}u, params.m);
    {% for s in range(vectors) %}
    if (column + {{ lanes * s }}u) * {{ width }}u < params.n {
        for (var i = 0u; row + i * {{ stored }}u < end_row; i += 1u) {
            {% for r in range(stored) %}
            if row + i * {{ stored }}u + {{ r }}u < params.m {
                store(tap, row + i * {{ stored }}u + {{ r }}u, column + {{ lanes * s }}u, {{ pick("sum_", range(r, rows, stored) | list, "_" ~ s) }}, workgroup.z);
            }
            {% endfor %}
        }
        {% if bias %}
        if row == 0u && tap == 0u {
            store_bias(column + {{ lanes * s }}u, bias_{{ s }}, workgroup.z);
        }
        {% endif %}
    }
    {% endfor %}
}
