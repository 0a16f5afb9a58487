// Between pictures of C channels and pictures of C p p channels with 1/p of their height and width. A square of p x p pixels
// becomes one pixel, channel c p p + p row + column; an invocation takes {{ vector }} channel(s) c of one square.
//
// side: p. vector: floats per value (4 where C divides by 4).
struct Params {
    length: u32, // squares and values of C
    width: u32, // of a row of squares
    channels: u32, // C in values
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

const SIDE = {{ side }}u;

// The index of a square's first pixel, at an invocation's channels.
fn square(i: u32) -> u32 {
    let line = divide(i, params.width * params.channels); // over N and H
    let pixel = divide(line.y, params.channels);
    return (line.x * SIDE * params.width + pixel.x) * SIDE * params.channels + pixel.y;
}

// The same at (row, column) of the square.
fn within(start: u32, row: u32, column: u32) -> u32 {
    return start + (row * SIDE * params.width + column) * params.channels;
}
