// Squares of p x p pixels, p = {{ side }}, to and from p p channels, channel c p p + p row + column; a lane per {% if vector == 4 %}4 channels c{% else %}channel c{% endif %} of a
// deep pixel. `channels` counts such pieces; `width` is that of the deep picture.
struct Params {
    length: u32,
    width: u32,
    channels: u32,
}
{{ immediates }}

alias Channels = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

const SIDE = {{ side }}u;

// Where a lane's channels begin in the square's first pixel.
fn square(i: u32) -> u32 {
    let place = divide(i, params.width * params.channels); // its row is over N and H
    let pixel = divide(place.y, params.channels);
    return (place.x * SIDE * params.width + pixel.x) * SIDE * params.channels + pixel.y;
}

// Where they lie in the square's pixel at (row, column).
fn within(start: u32, row: u32, column: u32) -> u32 {
    return start + (row * SIDE * params.width + column) * params.channels;
}
