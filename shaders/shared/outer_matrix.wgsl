// The product C[m, n] = sum over k of A[k, m] B[k, n] of two operands in f16 that are contiguous in what is not summed, the matrix
// variant, for GPUs with matrix units: a workgroup computes a tile of {{ rows }} x {{ columns }} from slices of {{ chunk }} of k staged in workgroup
// memory, each subgroup of {{ lanes }} lanes {{ own_rows }} x {{ own_columns }} of it as matrices of {{ matrix }} x {{ matrix }}, summed in f32.
//
// Staging is that of the tile variant, except that the slices are f16. What it calls is declared in shared/outer_tile.wgsl.
{% set outer = 1 %}
{% set subgroups = (rows // own_rows) * (columns // own_columns) %}
{% set invocations = subgroups * lanes %}
{% set zero = "array<f32, " ~ (matrix * matrix) ~ ">()" if emulated else "coop_mat" ~ matrix ~ "x" ~ matrix ~ "<f32, C>()" %}
{% set a_lines, a_pitch, a_k_contiguous = (chunk, rows + 8, 0) %}
{% set b_lines, b_pitch, b_k_contiguous = (chunk, columns + 8, 0) %}
{% set staged = "vec4<f16>" %}
{% set a_loads = chunk * rows // 4 // invocations %}
{% set b_loads = chunk * columns // 4 // invocations %}

{% include "shared/matrix_slices.wgsl" %}
{% include "shared/outer_quads.wgsl" %}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_id) subgroup_number: u32,
    @builtin(subgroup_invocation_id) lane: u32,
    @builtin(subgroup_size) lanes: u32,
) {
    let column_groups = (params.n + {{ columns - 1 }}u) / {{ columns }}u;
    let row_groups = (params.m + {{ rows - 1 }}u) / {{ rows }}u;
    let group = divide(workgroup_number(workgroup, grid), column_groups);
    let tile = divide(group.x, row_groups);
    let row = tile.y * {{ rows }}u;
    // A workgroup beyond the last one of a folded grid computes without storing: all must reach the matrix operations.
    let tap = tile.x;
    let column = group.y * {{ columns }}u;
    let range = terms(workgroup.z);
    let first = range.x;
    let end = range.y;
    // A driver may run more and smaller subgroups than it reported. All must reach the matrix operations; those beyond the tile compute the
    // last part once more, without storing it.
    let is_expected = subgroup_number < {{ subgroups }}u;
    let subgroup = min(subgroup_number, {{ subgroups - 1 }}u);
    // The corner of the part of the tile that this subgroup computes.
    let own = vec2<u32>(subgroup / {{ columns // own_columns }}u * {{ own_rows }}u, subgroup % {{ columns // own_columns }}u * {{ own_columns }}u);
    {% for i in range(own_rows // matrix) %}
    {% for j in range(own_columns // matrix) %}
    var sum_{{ i }}_{{ j }} = {{ zero }};
    {% endfor %}
    {% endfor %}
    {% include "shared/outer_first.wgsl" %}
    loop {
        {% if not ahead %}
        // Before the barrier, so that these loads are in flight while other subgroups still compute.
        {% include "shared/outer_load.wgsl" %}
        {% endif %}
        workgroupBarrier();
        {% for i in range(a_loads) %}
        put_a(a_k + {{ i * invocations * 4 // rows }}u, a_row, a_{{ i }});
        {% endfor %}
        {% for i in range(b_loads) %}
        put_b(b_k + {{ i * invocations * 4 // columns }}u, b_column, b_{{ i }});
        {% endfor %}
        workgroupBarrier();
        {% include "shared/outer_next.wgsl" %}
        {% include "shared/matrix_multiply.wgsl" %}
        if last {
            break;
        }
    }
    {% include "shared/matrix_store.wgsl" %}
}
