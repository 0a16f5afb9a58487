// What the kernels of group norm that go through positions are given: a lane per piece of channels and chunk of positions.
struct Params {
    lanes: u32,
    positions: u32,
    pieces: u32,
    chunks: u32,
    start_step: u32,
    span: u32,
    step: u32,
}
{{ immediates }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};
