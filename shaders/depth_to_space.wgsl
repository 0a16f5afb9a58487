// The inverse of space_to_depth: y[n, p h + row, p w + column, c] = x[n, h, w, c p p + p row + column].
{% include "shared/divide.wgsl" %}
{% include "shared/shuffle.wgsl" %}
@group(0) @binding(0) var<storage, read> x: array<Channels>; // [N, H, W, C p p]
@group(0) @binding(1) var<storage, read_write> y: array<Channels>; // [N, p H, p W, C]

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
{% if vector == 4 %}
{% for c in range(4) %}
    let x{{ place }}_{{ c }} = x[deep + {{ (c * places + place) // 4 }}u];
{% endfor %}
    let turned{{ place }} = transpose(mat4x4<f32>(x{{ place }}_0, x{{ place }}_1, x{{ place }}_2, x{{ place }}_3));
{% for j in range(4) %}
    y[within(start, {{ (place + j) // side }}u, {{ (place + j) % side }}u)] = turned{{ place }}[{{ j }}];
{% endfor %}
{% else %}
    y[within(start, {{ place // side }}u, {{ place % side }}u)] = x[deep + {{ place }}u];
{% endif %}
{% endfor %}
}
