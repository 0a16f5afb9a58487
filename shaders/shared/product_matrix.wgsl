// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n] of f16 operands, the matrix variant, for GPUs with
// matrix units: a workgroup computes a tile of {{ rows }} x {{ columns }} from slices of {{ chunk }} of k staged in workgroup memory, each subgroup
// of {{ lanes }} lanes {{ own_rows }} x {{ own_columns }} of it as matrices of {{ matrix }} x {{ matrix }}, summed in f32.
//
// Staging is that of the tile variant, except that the slices are f16. What it calls is declared in shared/product_tile.wgsl.
{% set outer = 0 %}
{% set subgroups = (rows // own_rows) * (columns // own_columns) %}
{% set invocations = subgroups * lanes %}
{% set zero = "array<f32, " ~ (matrix * matrix) ~ ">()" if emulated else "coop_mat" ~ matrix ~ "x" ~ matrix ~ "<f32, C>()" %}
{% set quads = chunk // 4 %}
{% set a_lines, a_pitch, a_k_contiguous = (rows, chunk + 8, 1) %}
{% set b_lines, b_pitch, b_k_contiguous = (columns, chunk + 8, 1) if b_transposed else (chunk, columns + 8, 0) %}
{% set staged = "vec4<f16>" %}
{% set a_loads = rows * quads // invocations %}
{% set b_loads = columns * quads // invocations %}

{% include "shared/matrix_slices.wgsl" %}
{% include "shared/product_quads.wgsl" %}

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
    let tile = divide(workgroup_number(workgroup, grid), column_groups);
    // A workgroup beyond the last one of a folded grid computes without storing: all must reach the matrix operations.
    let row = tile.x * {{ rows }}u;
    let column = tile.y * {{ columns }}u;
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
    {% include "shared/product_first.wgsl" %}
    loop {
        {% if not ahead %}
        // Before the barrier, so that these loads are in flight while other subgroups still compute.
        {% include "shared/product_load.wgsl" %}
        {% endif %}
        workgroupBarrier();
        {% for i in range(a_loads) %}
        put_a(a_row + {{ i * invocations // quads }}u, a_k / 4u, a_{{ i }});
        {% endfor %}
        {% for i in range(b_loads) %}
        {% if b_transposed %}
        put_b(a_row + {{ i * invocations // quads }}u, a_k / 4u, b_{{ i }});
        {% else %}
        put_b(b_k + {{ i * invocations * 4 // columns }}u, b_column, b_{{ i }});
        {% endif %}
        {% endfor %}
        workgroupBarrier();
        {% include "shared/product_next.wgsl" %}
        {% include "shared/matrix_multiply.wgsl" %}
        if last {
            break;
        }
    }
    {% include "shared/matrix_store.wgsl" %}
}
