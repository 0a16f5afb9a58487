// Rows that consist of `first` values of a and `second` values of b. An invocation takes one column of eight rows, so that it
// divides once for all of them.
//
// vector: floats per value (4 where both divide by 4).
struct Params {
    rows: u32,
    first: u32, // in values, as second
    second: u32,
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

struct Block {
    column: u32,
    row: u32,
    end: u32,
}

fn columns() -> u32 {
    return params.first + params.second;
}

fn blocks() -> u32 {
    return (params.rows + 7u) / 8u * columns();
}

// The column and the rows of an invocation.
fn block_of(i: u32) -> Block {
    let row = i / columns() * 8u;
    return Block(i % columns(), row, min(row + 8u, params.rows));
}
