// The product of one row, C[n] = sum over k of A[k] B[k, n], the subgroup variant: one subgroup of {{ lanes }} lanes per workgroup. For
// software Vulkan alone, see README.md. What it calls is declared in shared/product_tile.wgsl.
//
// A lane holds {{ width }} column(s). A load of A has {{ chunk }} terms, {{ a_width }} per lane, which subgroupBroadcast shares. B has one load in a loop that
// is not unrolled: a tile of eight rows, of which seven would be copies, has four to seven of them, and takes up to eight times as long to
// compile.
{% set shared = chunk // a_width %}
{% set component = ["x", "y", "z", "w"] %}
{% from "software/pick.wgsl" import pick %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    // Workgroups beyond the last one of a folded grid, and lanes beyond the last column, compute the last column again.
    let column = min(workgroup_number(workgroup, grid) * {{ lanes }}u + lane, (params.n - 1u) / {{ width }}u);
    let offset = a_offset(a_start(0u, workgroup.z), 0u);
    let bias_value = load_bias(column);
    var sum = {{ "load_c(0u, column, workgroup.z)" if accumulate else column ~ "()" }};
    for (var k = 0u; k < params.k; k += {{ chunk }}u) {
        let a = load_a(offset, min(k + lane % {{ shared }}u * {{ a_width }}u, params.k - {{ a_width }}u));
        {% for l in range(shared) %}
        let a_{{ l }} = subgroupBroadcast(a, {{ l }}u);
        {% endfor %}
        // The compiler cannot know even the largest number of turns, so that it does not unroll them.
        let end = min(k + {{ chunk }}u, params.k);
        for (var i = 0u; k + i * {{ a_width }}u < end; i += 1u) {
            let a_i = {{ pick("a_", range(shared) | list, "") }};
            {% if b_transposed %}
            let b = load_b_transposed(0u, k + i * {{ a_width }}u, column, workgroup.z);
            {% for c in range(a_width) %}
            {% set of = "." ~ component[c] if a_width > 1 else "" %}
            sum = fma(a_i{{ of }}, b{{ of }}, sum);
            {% endfor %}
            {% else %}
            sum = fma({{ column }}(a_i), load_b(0u, k + i, column, workgroup.z), sum);
            {% endif %}
        }
    }
    store(0u, column, sum, bias_value, workgroup.z);
}
