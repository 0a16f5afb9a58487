// y[n, h, w, c p p + p row + column] = x[n, p h + row, p w + column, c].
{% include "shared/divide.wgsl" %}
{% include "shared/shuffle.wgsl" %}
@group(0) @binding(0) var<storage, read> x: array<Channels>; // [N, p H, p W, C]
@group(0) @binding(1) var<storage, read_write> y: array<Channels>; // [N, H, W, C p p]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i >= params.length {
        return;
    }
    let start = square(i);
    let deep = i * SIDE * SIDE;
{% set places = side * side %}
{% for place in range(0, places, vector) %}
{% for j in range(vector) %}
    let x{{ place + j }} = x[within(start, {{ (place + j) // side }}u, {{ (place + j) % side }}u)];
{% endfor %}
{% if vector == 4 %}
    let turned{{ place }} = transpose(mat4x4<f32>(x{{ place }}, x{{ place + 1 }}, x{{ place + 2 }}, x{{ place + 3 }}));
{% for c in range(4) %}
    y[deep + {{ (c * places + place) // 4 }}u] = turned{{ place }}[{{ c }}];
{% endfor %}
{% else %}
    y[deep + {{ place }}u] = x{{ place }};
{% endif %}
{% endfor %}
}
