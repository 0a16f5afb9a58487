// Parameters of the kernels of group norm in which one workgroup normalises a whole group of a sample. Its invocations form rows of
// `tile`: each handles the vectors of channels of its column at the positions of its row.
struct Params {
    samples: u32,
    groups: u32,
    group_vectors: u32, // of {{ vector }} channels, in a group
    positions: u32,
    tile: u32, // a power of two that divides the size of the workgroup
    eps: f32,
    modulation_row: u32, // vectors in a row of the table of scales and shifts
    modulation_start: u32, // vector of the first scale
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

const WORKGROUP_SIZE = {{ invocations }}u;

fn sum_of_channels(value: Value) -> f32 {
    return {% if vector == 4 %}(value.x + value.y) + (value.z + value.w){% else %}value{% endif %};
}
