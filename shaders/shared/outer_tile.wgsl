// The product C[m, n] = sum over p of A[p, m] B[p, n] of two pixel-major operands, for GPUs: a workgroup computes a tile of
// {{ rows }} x {{ columns }} from slices of {{ chunk }} pixels staged in workgroup memory, each invocation {{ own_rows }} x {{ own_columns }} of it in registers.
// The pixels of one part are summed; parts are added by a later pass.
//
// Global loads are of four elements, and neighbouring invocations read neighbouring addresses. Rows and columns beyond the
// matrix are loaded as the last ones, and not stored.
{% set across = columns // own_columns %}
{% set down = rows // own_rows %}
{% set invocations = across * down %}
{% set a_loads = chunk * rows // 4 // invocations %}
{% set b_loads = chunk * columns // 4 // invocations %}
{% set part = ["x", "y", "z", "w"] %}

var<workgroup> a_slice: array<vec4<f32>, {{ chunk * rows // 4 }}>; // [depth, quads of rows]
var<workgroup> b_slice: array<vec4<f32>, {{ chunk * columns // 4 }}>; // [depth, quads of columns]

{% include "shared/outer_quads.wgsl" %}
{% include "shared/tile_place.wgsl" %}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(place.x, params.row_groups);
    let row = tile.y * {{ rows }}u;
    let tap = tile.x;
    if tap >= {{ taps }}u {
        return;
    }
    let column = place.y * {{ columns }}u;
    let first = part_number(workgroup.z) * params.pixels_per_part;
    let end = min(first + params.pixels_per_part, params.pixels);
    let mine = tile_place(lane);
    {% for r in range(own_rows) %}
    {% for j in range(own_columns // 4) %}
    var sum_{{ r }}_{{ j }} = vec4<f32>();
    {% endfor %}
    {% endfor %}
    for (var pixel = first; pixel < end; pixel += {{ chunk }}u) {
        // Before the barrier, so that these loads are under way while others still compute.
        {% for i in range(a_loads) %}
        let from_{{ i }} = a_offset(pixel + lane / {{ rows // 4 }}u + {{ i * invocations * 4 // rows }}u, end, tap, workgroup.z);
        let a_{{ i }} = a_quad(from_{{ i }}, row + lane % {{ rows // 4 }}u * 4u);
        {% endfor %}
        {% for i in range(b_loads) %}
        let b_{{ i }} = b_quad(min(pixel + lane / {{ columns // 4 }}u + {{ i * invocations * 4 // columns }}u, end - 1u), column + lane % {{ columns // 4 }}u * 4u, workgroup.z);
        {% endfor %}
        workgroupBarrier();
        {% for i in range(a_loads) %}
        a_slice[lane + {{ i * invocations }}u] = a_{{ i }};
        {% endfor %}
        {% for i in range(b_loads) %}
        b_slice[lane + {{ i * invocations }}u] = b_{{ i }};
        {% endfor %}
        workgroupBarrier();
        for (var depth = 0u; depth < {{ chunk }}u; depth += 1u) {
            {% for j in range(own_columns // 4) %}
            let right_{{ j }} = b_slice[depth * {{ columns // 4 }}u + mine.x + {{ j * across }}u];
            {% endfor %}
            {% for q in range(own_rows // 4) %}
            let left_{{ q }} = a_slice[depth * {{ rows // 4 }}u + mine.y + {{ q * down }}u];
            {% for r in range(4) %}
            {% for j in range(own_columns // 4) %}
            sum_{{ 4 * q + r }}_{{ j }} = fma(vec4<f32>(left_{{ q }}.{{ part[r] }}), right_{{ j }}, sum_{{ 4 * q + r }}_{{ j }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
    }
    {% for q in range(own_rows // 4) %}
    {% for r in range(4) %}
    let row_{{ 4 * q + r }} = row + (mine.y + {{ q * down }}u) * 4u + {{ r }}u;
    if row_{{ 4 * q + r }} < params.m {
        {% for j in range(own_columns // 4) %}
        {% for c in range(0, 4, width) %}
        let column_{{ j }}_{{ c }} = column + (mine.x + {{ j * across }}u) * 4u + {{ c }}u;
        if column_{{ j }}_{{ c }} < params.n {
            store(tap, row_{{ 4 * q + r }}, column_{{ j }}_{{ c }} / {{ width }}u, sum_{{ 4 * q + r }}_{{ j }}.{{ "xyzw"[c:c + width] }}, workgroup.z);
        }
        {% endfor %}
        {% endfor %}
    }
    {% endfor %}
    {% endfor %}
}
