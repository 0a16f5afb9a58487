// Rows of two parts; a lane takes one piece of eight rows, so that it divides once for all of them.
struct Params {
    rows: u32,
    first: u32,
    second: u32,
}
{{ immediates }}

alias Channels = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

struct Place {
    piece: u32,
    row: u32,
    end: u32,
}

// A lane's piece and rows; none past the last.
fn place_of(i: u32) -> Place {
    let whole = params.first + params.second;
    let row = i / whole * 8u;
    return Place(i % whole, row, min(row + 8u, params.rows));
}
