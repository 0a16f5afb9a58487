// What an invocation of the tile body or of the one on matrix units loads at once in the outer form: four elements of A, four of B.

// Four rows of A at one pixel, zero outside of the picture and of the part.
fn a_quad(from_: u32, row: u32) -> vec4<f32> {
    return vec4<f32>(
        {% for r in range(0, 4, a_width) %}
        load_a(from_, row + {{ r }}u),
        {% endfor %}
    );
}

// Four columns of B at one pixel. Beyond the end of the part A is zero.
fn b_quad(pixel: u32, column: u32, batch: u32) -> vec4<f32> {
    let last = (params.n - 1u) / {{ width }}u;
    return vec4<f32>(
        {% for c in range(0, 4, width) %}
        load_b(pixel, min((column + {{ c }}u) / {{ width }}u, last), batch),
        {% endfor %}
    );
}
