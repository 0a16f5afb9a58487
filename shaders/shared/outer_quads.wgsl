// What an invocation of the tile or the matrix variant loads at once in the outer form: four elements of A, four of B.

// Four columns of A in one row k: rows of C. Zeros beyond the end of the partial and in the padding.
fn a_quad(offset: u32, row: u32) -> vec4<f32> {
    return vec4<f32>(
        {% for r in range(0, 4, a_width) %}
        load_a(offset, row + {{ r }}u),
        {% endfor %}
    );
}

// Four columns of B in one row k, zeros beyond the end of the partial, where A is zero too: zero times an infinity would be a NaN.
fn b_quad(k: u32, end: u32, column: u32, batch: u32) -> vec4<f32> {
    let row = min(k, end - 1u);
    let last = (params.n - 1u) / {{ width }}u;
    let quad = vec4<f32>(
        {% for c in range(0, 4, width) %}
        load_b(row, min((column + {{ c }}u) / {{ width }}u, last), batch),
        {% endfor %}
    );
    return select(vec4<f32>(), quad, k < end);
}
