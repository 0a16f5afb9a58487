// What the kernels are given of which one team normalises a group of a sample whole. The lanes lie in rows of `tile`: a lane goes
// through every piece that has its column, at every position that has its row.
struct Params {
    samples: u32,
    groups: u32,
    pieces: u32, // of {{ vector }} channels, in a group
    positions: u32,
    tile: u32, // a power of two that divides the lanes
    eps: f32,
    modulation_row: u32, // of the table of scales and shifts
    modulation_start: u32, // column of the first scale
}
{{ immediates }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

const LANES = {{ lanes }}u;

// The sum over a value's channels.
fn over_channels(value: Value) -> f32 {
    return {% if vector == 4 %}(value.x + value.y) + (value.z + value.w){% else %}value{% endif %};
}
