// The product C[m, n] = sum over k of A[k, m] B[k, n] of two operands that are contiguous in what is not summed, the tile variant,
// for GPUs: a workgroup computes a tile of {{ rows }} x {{ columns }} from slices of {{ chunk }} of k staged in workgroup memory, each invocation
// {{ own_rows }} x {{ own_columns }} of it in registers. Where the sum is split over k, each workgroup computes a partial (workgroup.z), and a later pass adds them.
//
// Global loads are of four elements, and neighbouring invocations read neighbouring addresses. The next slices are loaded into
// registers while the product of the staged ones is computed. Rows and columns beyond the matrix are loaded as the last ones, and not
// stored.
{#-
    What the outer form asks of the kernel that includes it, in any variant: outer_tile, outer_matrix, and for software Vulkan
    outer_subgroup and conv_dw_subgroup.

    Constants: `taps`; `a_width`, rows of C (columns of A) per load, 4 or 1; `width`, columns of B and C per load and store, 4, 2
    or 1; `bias`, 0 or 1. Types: `a_type` and `column` are vectors of `a_width` and `width` floats. `params` has m, n
    and k.

    terms(batch: u32) -> vec2<u32>
        The first and the end of the terms of k that workgroup.z = batch sums: a split-K partial, or all.
    a_offset(k: u32, end: u32, tap: u32, batch: u32) -> u32
        The index of A[k, tap, 0], in floats. Must return OUTSIDE for k >= end, and where tap shifts it into the padding. tap < taps.
    load_a(offset: u32, row: u32) -> a_type
        A[k, tap, row .. row + a_width]. Must return zeros for the offset OUTSIDE. row is a multiple of a_width and may be
        beyond m, where any number will do.
    load_b(k: u32, column: u32, batch: u32) -> column
        B[k, column]. k < params.k.
    store(tap: u32, row: u32, column: u32, sum: column, batch: u32)
        Writes sum to C[tap, row, column] of the batch or partial `batch`, or adds it. Called once for each element.
        tap < taps, row < m.
    store_bias(column: u32, sum: column, batch: u32)
        The same with the sum of B[k, column] over k. Called where `bias`, which only the subgroup variants take.

    A column is that of the first of `width`, divided by `width`, and always below n / width.
-#}
{% set across = columns // own_columns %}
{% set down = rows // own_rows %}
{% set invocations = across * down %}
{% set a_loads = chunk * rows // 4 // invocations %}
{% set b_loads = chunk * columns // 4 // invocations %}
{% set staged = "vec4<f32>" %}
{% set component = ["x", "y", "z", "w"] %}

var<workgroup> a_slice: array<vec4<f32>, {{ chunk * rows // 4 }}>; // [depth, quads of rows]
var<workgroup> b_slice: array<vec4<f32>, {{ chunk * columns // 4 }}>; // [depth, quads of columns]

{% include "shared/outer_quads.wgsl" %}
{% include "shared/tile_place.wgsl" %}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
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
    let column = group.y * {{ columns }}u;
    let range = terms(workgroup.z);
    let first = range.x;
    let end = range.y;
    // The corner of the elements of the tile that this invocation computes.
    let own = tile_place(invocation);
    {% for r in range(own_rows) %}
    {% for j in range(own_columns // 4) %}
    var sum_{{ r }}_{{ j }} = vec4<f32>();
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
        a_slice[invocation + {{ i * invocations }}u] = a_{{ i }};
        {% endfor %}
        {% for i in range(b_loads) %}
        b_slice[invocation + {{ i * invocations }}u] = b_{{ i }};
        {% endfor %}
        workgroupBarrier();
        {% include "shared/outer_next.wgsl" %}
        for (var depth = 0u; depth < {{ chunk }}u; depth += 1u) {
            {% for j in range(own_columns // 4) %}
            let right_{{ j }} = b_slice[depth * {{ columns // 4 }}u + own.x + {{ j * across }}u];
            {% endfor %}
            {% for q in range(own_rows // 4) %}
            let left_{{ q }} = a_slice[depth * {{ rows // 4 }}u + own.y + {{ q * down }}u];
            {% for r in range(4) %}
            {% for j in range(own_columns // 4) %}
            sum_{{ 4 * q + r }}_{{ j }} = fma(vec4<f32>(left_{{ q }}.{{ component[r] }}), right_{{ j }}, sum_{{ 4 * q + r }}_{{ j }});
            {% endfor %}
            {% endfor %}
            {% endfor %}
        }
        if last {
            break;
        }
    }
    {% for q in range(own_rows // 4) %}
    {% for r in range(4) %}
    let row_{{ 4 * q + r }} = row + (own.y + {{ q * down }}u) * 4u + {{ r }}u;
    if row_{{ 4 * q + r }} < params.m {
        {% for j in range(own_columns // 4) %}
        {% for c in range(0, 4, width) %}
        let column_{{ j }}_{{ c }} = column + (own.x + {{ j * across }}u) * 4u + {{ c }}u;
        if column_{{ j }}_{{ c }} < params.n {
            store(tap, row_{{ 4 * q + r }}, column_{{ j }}_{{ c }} / {{ width }}u, sum_{{ 4 * q + r }}_{{ j }}.{{ "xyzw"[c:c + width] }}, workgroup.z);
        }
        {% endfor %}
        {% endfor %}
    }
    {% endfor %}
    {% endfor %}
}
