// The product C[m, n] = sum over p of A[p, m] B[p, n] of two pixel-major operands, for software Vulkan: one subgroup of eight lanes
// per workgroup. Lane l loads the elements of A of pixel p + l, which are handed round by subgroupBroadcast from literal
// lanes; each lane holds `spans` times `width` columns. The pixels of one part are summed; parts are added by a later pass.
{% set part = ["x", "y", "z", "w"] %}
{% set loads = rows // a_width %}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(place.x, params.row_groups);
    let row = tile.y * {{ rows }}u;
    let tap = tile.x;
    if tap >= {{ taps }}u {
        return;
    }
    let column = place.y * {{ 8 * spans }}u + lane;
    {% for s in range(spans) %}
    let column_{{ s }} = min(column + {{ 8 * s }}u, (params.n - 1u) / {{ width }}u);
    {% endfor %}
    let first = part_number(workgroup.z) * params.pixels_per_part;
    let end = min(first + params.pixels_per_part, params.pixels);
    {% for r in range(rows) %}
    {% for s in range(spans) %}
    var sum_{{ r }}_{{ s }} = {{ column }}();
    {% endfor %}
    {% endfor %}
    {% if bias %}
    {% for s in range(spans) %}
    var bias_{{ s }} = {{ column }}();
    {% endfor %}
    {% endif %}
    for (var pixel = first; pixel < end; pixel += 8u) {
        let from_ = a_offset(pixel + lane, end, tap, workgroup.z);
        // All loads first: a load ends a basic block, over which accumulators would be kept in memory.
        {% for j in range(loads) %}
        let a_{{ j }} = load_a(from_, row + {{ j * a_width }}u);
        {% endfor %}
        {% for l in range(8) %}
        {% for s in range(spans) %}
        let b_{{ l }}_{{ s }} = load_b(min(pixel + {{ l }}u, end - 1u), column_{{ s }}, workgroup.z);
        {% endfor %}
        {% endfor %}
        {% if bias %}
        {% for l in range(8) %}
        {% for s in range(spans) %}
        bias_{{ s }} += select({{ column }}(), b_{{ l }}_{{ s }}, pixel + {{ l }}u < end);
        {% endfor %}
        {% endfor %}
        {% endif %}
        {% for r in range(rows) %}
        {% for l in range(8) %}
        let a_{{ r }}_{{ l }} = {{ column }}(subgroupBroadcast(a_{{ r // a_width }}{{ "." ~ part[r % a_width] if a_width > 1 else "" }}, {{ l }}u));
        {% for s in range(spans) %}
        sum_{{ r }}_{{ s }} = fma(a_{{ r }}_{{ l }}, b_{{ l }}_{{ s }}, sum_{{ r }}_{{ s }});
        {% endfor %}
        {% endfor %}
        {% endfor %}
    }
    {% for s in range(spans) %}
    if (column + {{ 8 * s }}u) * {{ width }}u < params.n {
        {% for r in range(rows) %}
        if row + {{ r }}u < params.m {
            store(tap, row + {{ r }}u, column + {{ 8 * s }}u, sum_{{ r }}_{{ s }}, workgroup.z);
        }
        {% endfor %}
        {% if bias %}
        if row == 0u && tap == 0u {
            store_bias(column + {{ 8 * s }}u, bias_{{ s }}, workgroup.z);
        }
        {% endif %}
    }
    {% endfor %}
}
