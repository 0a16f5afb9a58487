// What an invocation of the tile or the matrix variant loads at once in the inner form: four elements of A, four of B.

// A[k .. k + 4] of one row, zero beyond the end.
fn a_quad(offset: u32, k: u32) -> vec4<f32> {
    {% if a_width == 4 %}
    return select(vec4<f32>(), load_a(offset, min(k, params.k - 4u)), k < params.k);
    {% else %}
    return vec4<f32>(load_a(offset, k), load_a(offset, k + 1u), load_a(offset, k + 2u), load_a(offset, k + 3u));
    {% endif %}
}

{% if b_transposed %}
// B[k .. k + 4] of one column, zero beyond the end, where A is zero too: zero times an infinity would be a NaN.
fn b_quad(tap: u32, k: u32, column: u32, batch: u32) -> vec4<f32> {
    let n = min(column, params.n - 1u);
    {% if a_width == 4 %}
    return select(vec4<f32>(), load_b_transposed(tap, min(k, params.k - 4u), n, batch), k < params.k);
    {% else %}
    return vec4<f32>(
        {% for i in range(4) %}
        load_b_transposed(tap, k + {{ i }}u, n, batch),
        {% endfor %}
    );
    {% endif %}
}
{% else %}
// Four columns of one row of B, zeros beyond the end.
fn b_quad(tap: u32, k: u32, column: u32, batch: u32) -> vec4<f32> {
    let row = {{ "min(k, params.k - 1u)" if a_width == 4 else "k" }};
    let last = (params.n - 1u) / {{ width }}u;
    let quad = vec4<f32>(
        {% for c in range(0, 4, width) %}
        load_b(tap, row, min((column + {{ c }}u) / {{ width }}u, last), batch),
        {% endfor %}
    );
    return {{ "select(vec4<f32>(), quad, k < params.k)" if a_width == 4 else "quad" }};
}
{% endif %}
