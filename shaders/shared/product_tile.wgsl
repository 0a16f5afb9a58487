// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n], the tile variant, for GPUs: a workgroup computes a
// tile of {{ rows }} x {{ columns }} from slices of {{ chunk }} of k staged in workgroup memory, each invocation {{ own_rows }} x {{ own_columns }} of it in registers.
//
// Global loads are of four elements, and neighbouring invocations read neighbouring addresses. The next slices are loaded into registers
// while the product of the staged ones is computed. A keeps its layout in workgroup
// memory, four of k to an element, so that nothing is transposed; the odd pitch puts the rows that a subgroup reads together
// into different banks. Rows and columns beyond the matrix are loaded as the last one, and not stored.
{#-
    What the inner form asks of the kernel that includes it, in any variant: product_tile, product_matrix, and for software
    Vulkan product_subgroup and conv_subgroup.

    Constants: `taps`; `a_width`, elements of A per load, 4 or 1; `width`, columns of B and C per load and store, 4, 2 or 1;
    `b_transposed`, `bias`, `accumulate`, each 0 or 1. Types: `a_type` and `column` are vectors of `a_width` and `width` floats.
    `params` has m, n and k.

    a_start(row: u32, batch: u32) -> Start
        What locates a row of A, for a_offset. row < m; batch is workgroup.z.
    a_offset(start: Start, tap: u32) -> u32
        The index of A[row, tap, 0], in floats; OUTSIDE where the whole segment is padding. tap < taps.
    load_a(offset: u32, k: u32) -> a_type
        A[row, tap, k .. k + a_width]. Must return zeros for the offset OUTSIDE, if a_offset returns that.
    load_b(tap: u32, k: u32, column: u32, batch: u32) -> column
        B[tap, k, column]. Not called where `b_transposed`.
    load_b_transposed(tap: u32, k: u32, column: u32, batch: u32) -> a_type
        B[tap, k .. k + a_width, column]. Called where `b_transposed`, and then `width` is 1.
    load_bias(column: u32) -> column
        What is added to a column; zeros without `bias`.
    load_c(row: u32, column: u32, batch: u32) -> column
        The C that the product is added to. Called where `accumulate`, before the same element is stored. row < m.
    store(row: u32, column: u32, sum: column, bias_value: column, batch: u32)
        Overwrites C[row, column] with sum + bias_value. row < m. The
        subgroup variants may store an element several times, always with the same value.

    A column is that of the first of `width`, divided by `width`, and always below n / width. k is a multiple of a_width. With
    a_width = 4 it is below params.k. With a_width = 1 it may be beyond, where all three must return zeros: zero times an
    infinity would be a NaN.
-#}
{% set across = columns // own_columns %}
{% set down = rows // own_rows %}
{% set invocations = across * down %}
{% set quads = chunk // 4 %}
{% set pitch = quads + 1 %}
{% set a_loads = rows * quads // invocations %}
{% set b_loads = columns * quads // invocations %}
{% set staged = "vec4<f32>" %}
{% set component = ["x", "y", "z", "w"] %}

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
    @builtin(local_invocation_index) invocation: u32,
) {
    let column_groups = (params.n + {{ columns - 1 }}u) / {{ columns }}u;
    let tile = divide(workgroup_number(workgroup, grid), column_groups);
    let row = tile.x * {{ rows }}u;
    if row >= params.m {
        return;
    }
    let column = tile.y * {{ columns }}u;
    // The corner of the elements of the tile that this invocation computes.
    let own = tile_place(invocation);
    {% for r in range(own_rows) %}
    {% for j in range(own_columns // 4) %}
    var sum_{{ r }}_{{ j }} = vec4<f32>();
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
        a_slice[(a_row + {{ i * invocations // quads }}u) * {{ pitch }}u + invocation % {{ quads }}u] = a_{{ i }};
        {% endfor %}
        {% for i in range(b_loads) %}
        {% if b_transposed %}
        b_slice[(a_row + {{ i * invocations // quads }}u) * {{ pitch }}u + invocation % {{ quads }}u] = b_{{ i }};
        {% else %}
        b_slice[invocation + {{ i * invocations }}u] = b_{{ i }};
        {% endif %}
        {% endfor %}
        workgroupBarrier();
        {% include "shared/product_next.wgsl" %}
        for (var quad = 0u; quad < {{ quads }}u; quad += 1u) {
            {% for j in range(own_columns // 4) %}
            {% if b_transposed %}
            {% for c in range(4) %}
            let column_{{ c }}_{{ j }} = b_slice[(own.x + {{ (4 * j + c) * across }}u) * {{ pitch }}u + quad];
            {% endfor %}
            {% for d in range(4) %}
            let right_{{ d }}_{{ j }} = vec4<f32>({% for c in range(4) %}column_{{ c }}_{{ j }}.{{ component[d] }}, {% endfor %});
            {% endfor %}
            {% else %}
            {% for d in range(4) %}
            let right_{{ d }}_{{ j }} = b_slice[(quad * 4u + {{ d }}u) * {{ columns // 4 }}u + own.x + {{ j * across }}u];
            {% endfor %}
            {% endif %}
            {% endfor %}
            {% for r in range(own_rows) %}
            let left_{{ r }} = a_slice[(own.y + {{ r * down }}u) * {{ pitch }}u + quad];
            {% for d in range(4) %}
            {% for j in range(own_columns // 4) %}
            sum_{{ r }}_{{ j }} = fma(vec4<f32>(left_{{ r }}.{{ component[d] }}), right_{{ d }}_{{ j }}, sum_{{ r }}_{{ j }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
        if last {
            break;
        }
    }
    {% for j in range(own_columns // 4) %}
    {% for c in range(0, 4, width) %}
    {% if b_transposed %}
    let column_{{ j }}_{{ c }} = column + own.x + {{ (4 * j + c) * across }}u;
    {% else %}
    let column_{{ j }}_{{ c }} = column + (own.x + {{ j * across }}u) * 4u + {{ c }}u;
    {% endif %}
    let bias_{{ j }}_{{ c }} = load_bias(min(column_{{ j }}_{{ c }}, params.n - 1u) / {{ width }}u);
    {% endfor %}
    {% endfor %}
    {% for r in range(own_rows) %}
    if row + own.y + {{ r * down }}u < params.m {
        {% for j in range(own_columns // 4) %}
        {% for c in range(0, 4, width) %}
        if column_{{ j }}_{{ c }} < params.n {
            let to_{{ c }} = column_{{ j }}_{{ c }} / {{ width }}u;
            let value_{{ c }} = sum_{{ r }}_{{ j }}.{{ "xyzw"[c:c + width] }}{% if accumulate %} + load_c(row + own.y + {{ r * down }}u, to_{{ c }}, workgroup.z){% endif %};
            store(row + own.y + {{ r * down }}u, to_{{ c }}, value_{{ c }}, bias_{{ j }}_{{ c }}, workgroup.z);
        }
        {% endfor %}
        {% endfor %}
    }
    {% endfor %}
}
