// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n], for GPUs: a workgroup computes a tile of
// {{ rows }} x {{ columns }} from slices of {{ chunk }} of k staged in workgroup memory, each invocation {{ own_rows }} x {{ own_columns }} of it in registers.
//
// Global loads are of four elements, and neighbouring invocations read neighbouring addresses. A lies in workgroup memory as
// it does outside, four of k to an element, so that nothing is transposed; the odd pitch puts the rows that a subgroup reads
// together into different banks. Rows and columns beyond the matrix are loaded as the last one, and not stored.
{% set across = columns // own_columns %}
{% set down = rows // own_rows %}
{% set invocations = across * down %}
{% set quads = chunk // 4 %}
{% set pitch = quads + 1 %}
{% set a_loads = rows * quads // invocations %}
{% set b_loads = columns * quads // invocations %}
{% set part = ["x", "y", "z", "w"] %}

var<workgroup> a_slice: array<vec4<f32>, {{ rows * pitch }}>; // [rows, quads of k and one of padding]
{% if b_transposed %}
var<workgroup> b_slice: array<vec4<f32>, {{ columns * pitch }}>; // [columns, quads of k and one of padding]
{% else %}
var<workgroup> b_slice: array<vec4<f32>, {{ chunk * columns // 4 }}>; // [depth, quads of columns]
{% endif %}

{% include "shared/product_quads.wgsl" %}
{% include "shared/tile_place.wgsl" %}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let row = place.x * {{ rows }}u;
    if row >= params.m {
        return;
    }
    let column = place.y * {{ columns }}u;
    // What this invocation stages: the same quad of k of every {{ invocations // quads }}th row of A.
    let a_k = lane % {{ quads }}u * 4u;
    let a_row = lane / {{ quads }}u;
    {% for i in range(a_loads) %}
    let start_{{ i }} = a_start(min(row + a_row + {{ i * invocations // quads }}u, params.m - 1u), workgroup.z);
    {% endfor %}
    {% if not b_transposed %}
    let b_column = lane % {{ columns // 4 }}u;
    let b_k = lane / {{ columns // 4 }}u;
    {% endif %}
    // What it computes.
    let mine = tile_place(lane);
    {% for r in range(own_rows) %}
    {% for j in range(own_columns // 4) %}
    var sum_{{ r }}_{{ j }} = vec4<f32>();
    {% endfor %}
    {% endfor %}
    for (var tap = 0u; tap < {{ taps }}u; tap += 1u) {
        {% for i in range(a_loads) %}
        let from_{{ i }} = a_offset(start_{{ i }}, tap);
        {% endfor %}
        for (var k = 0u; k < params.k; k += {{ chunk }}u) {
            // Before the barrier, so that these loads are under way while others still compute.
            {% for i in range(a_loads) %}
            let a_{{ i }} = a_quad(from_{{ i }}, k + a_k);
            {% endfor %}
            {% for i in range(b_loads) %}
            {% if b_transposed %}
            let b_{{ i }} = b_quad(k + a_k, column + a_row + {{ i * invocations // quads }}u, workgroup.z);
            {% else %}
            let b_{{ i }} = b_quad(tap, k + b_k + {{ i * invocations * 4 // columns }}u, column + b_column * 4u, workgroup.z);
            {% endif %}
            {% endfor %}
            workgroupBarrier();
            {% for i in range(a_loads) %}
            a_slice[(a_row + {{ i * invocations // quads }}u) * {{ pitch }}u + lane % {{ quads }}u] = a_{{ i }};
            {% endfor %}
            {% for i in range(b_loads) %}
            {% if b_transposed %}
            b_slice[(a_row + {{ i * invocations // quads }}u) * {{ pitch }}u + lane % {{ quads }}u] = b_{{ i }};
            {% else %}
            b_slice[lane + {{ i * invocations }}u] = b_{{ i }};
            {% endif %}
            {% endfor %}
            workgroupBarrier();
            for (var quad = 0u; quad < {{ quads }}u; quad += 1u) {
                {% for j in range(own_columns // 4) %}
                {% if b_transposed %}
                {% for c in range(4) %}
                let column_{{ c }}_{{ j }} = b_slice[(mine.x + {{ (4 * j + c) * across }}u) * {{ pitch }}u + quad];
                {% endfor %}
                {% for d in range(4) %}
                let right_{{ d }}_{{ j }} = vec4<f32>({% for c in range(4) %}column_{{ c }}_{{ j }}.{{ part[d] }}, {% endfor %});
                {% endfor %}
                {% else %}
                {% for d in range(4) %}
                let right_{{ d }}_{{ j }} = b_slice[(quad * 4u + {{ d }}u) * {{ columns // 4 }}u + mine.x + {{ j * across }}u];
                {% endfor %}
                {% endif %}
                {% endfor %}
                {% for r in range(own_rows) %}
                let left_{{ r }} = a_slice[(mine.y + {{ r * down }}u) * {{ pitch }}u + quad];
                {% for d in range(4) %}
                {% for j in range(own_columns // 4) %}
                sum_{{ r }}_{{ j }} = fma(vec4<f32>(left_{{ r }}.{{ part[d] }}), right_{{ d }}_{{ j }}, sum_{{ r }}_{{ j }});
                {% endfor %}
                {% endfor %}
                {% endfor %}
            }
        }
    }
    {% for j in range(own_columns // 4) %}
    {% for c in range(0, 4, width) %}
    {% if b_transposed %}
    let column_{{ j }}_{{ c }} = column + mine.x + {{ (4 * j + c) * across }}u;
    {% else %}
    let column_{{ j }}_{{ c }} = column + (mine.x + {{ j * across }}u) * 4u + {{ c }}u;
    {% endif %}
    let bias_{{ j }}_{{ c }} = load_bias(min(column_{{ j }}_{{ c }}, params.n - 1u) / {{ width }}u);
    {% endfor %}
    {% endfor %}
    {% for r in range(own_rows) %}
    if row + mine.y + {{ r * down }}u < params.m {
        {% for j in range(own_columns // 4) %}
        {% for c in range(0, 4, width) %}
        if column_{{ j }}_{{ c }} < params.n {
            let to_{{ c }} = column_{{ j }}_{{ c }} / {{ width }}u;
            let value_{{ c }} = sum_{{ r }}_{{ j }}.{{ "xyzw"[c:c + width] }}{% if accumulate %} + load_c(row + mine.y + {{ r * down }}u, to_{{ c }}, workgroup.z){% endif %};
            store(row + mine.y + {{ r * down }}u, to_{{ c }}, value_{{ c }}, bias_{{ j }}_{{ c }}, workgroup.z);
        }
        {% endfor %}
        {% endfor %}
    }
    {% endfor %}
}
