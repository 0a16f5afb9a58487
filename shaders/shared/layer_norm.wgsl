// Parameters of the kernels of layer norm.
struct Params {
    rows: u32,
    rows_per_sample: u32,
    channels: u32, // in values, as all that follow
    table_row: u32, // of the table of scales and shifts
    start: u32, // column of the first scale
    eps: f32,
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

{% if invocations is defined %}
const WORKGROUP_SIZE = {{ invocations }}u;

fn sum_of_channels(value: Value) -> f32 {
    return {% if vector == 4 %}(value.x + value.y) + (value.z + value.w){% else %}value{% endif %};
}
{% endif %}
