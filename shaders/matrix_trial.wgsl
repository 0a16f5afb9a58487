// C = A B + A^T B^T for one matrix of small integers each, on matrix units: a test of what the matrix variants ask of a driver.
enable f16;
enable wgpu_cooperative_matrix;

{% set element = 1 if matrix == 8 else 4 %}
{% set staged = "f16" if matrix == 8 else "vec4<f16>" %}
{% set fragment = "coop_mat" ~ matrix ~ "x" ~ matrix %}
{% set stride = matrix // element %}
@group(0) @binding(0) var<storage, read_write> c: array<f32>; // [matrix, matrix]

var<workgroup> a_slice: array<{{ staged }}, {{ matrix * stride }}>;
var<workgroup> b_slice: array<{{ staged }}, {{ matrix * stride }}>;
var<workgroup> c_matrix: array<f32, {{ matrix * matrix }}>;

fn a_element(i: u32, j: u32) -> f16 {
    return f16((3u * i + j) % 7u);
}

fn b_element(i: u32, j: u32) -> f16 {
    return f16((i + 5u * j) % 11u);
}

@compute @workgroup_size({{ lanes }})
fn main(@builtin(local_invocation_index) invocation: u32) {
    for (var at = invocation; at < {{ matrix * stride }}u; at += {{ lanes }}u) {
        let i = at / {{ stride }}u;
        let j = at % {{ stride }}u * {{ element }}u;
        {% for slice in ["a", "b"] %}
        {{ slice }}_slice[at] = {{ staged }}({% for e in range(element) %}{{ slice }}_element(i, j + {{ e }}u), {% endfor %});
        {% endfor %}
    }
    workgroupBarrier();
    let first = 0u;
    let c_stride = {{ matrix }}u;
    let a_rows = coopLoadT<{{ fragment }}<f16, A>>(&a_slice[first], {{ stride }}u);
    let b_rows = coopLoadT<{{ fragment }}<f16, B>>(&b_slice[first], {{ stride }}u);
    let a_columns = coopLoad<{{ fragment }}<f16, A>>(&a_slice[first], {{ stride }}u);
    let b_columns = coopLoad<{{ fragment }}<f16, B>>(&b_slice[first], {{ stride }}u);
    var sum = {{ fragment }}<f32, C>();
    sum = coopMultiplyAdd(a_rows, b_rows, sum);
    sum = coopMultiplyAdd(a_columns, b_columns, sum);
    coopStoreT(sum, &c_matrix[first], c_stride);
    workgroupBarrier();
    for (var at = invocation; at < {{ matrix * matrix }}u; at += {{ lanes }}u) {
        c[at] = c_matrix[at];
    }
}
