// Parameters of the kernels of group norm whose samples are rows: one position and one group each. A workgroup normalises the rows of a
// part one after the other.
struct Params {
    rows: u32,
    vectors: u32, // of {{ vector }} channels, in a row
    rows_per_part: u32,
    eps: f32,
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

const WORKGROUP_SIZE = {{ invocations }}u;

fn sum_of_channels(value: Value) -> f32 {
    return {% if vector == 4 %}(value.x + value.y) + (value.z + value.w){% else %}value{% endif %};
}
