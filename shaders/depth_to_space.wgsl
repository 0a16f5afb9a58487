// y[n, p h + row, p w + column, c] = x[n, h, w, c p p + p row + column]: the inverse of space_to_depth
{% from "shared/each.wgsl" import each %}
{% include "shared/divide.wgsl" %}
{% include "shared/shuffle.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, H, W, C p p]
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [N, p H, p W, C]

{% set pixels = side * side %}
{% call(i) each("params.length", 64) %}
    let start = square(i);
    let deep = i * SIDE * SIDE;
{% if vector == 1 %}
    // Not unrolled: software Vulkan takes long to compile {{ pixels }} loads and stores.
    for (var at = deep; at < deep + SIDE * SIDE; at += 1u) {
        let pixel = at - deep;
        y[within(start, pixel / SIDE, pixel % SIDE)] = x[at];
    }
{% else %}
{% for pixel in range(0, pixels, vector) %}
{% for c in range(4) %}
    let x{{ pixel }}_{{ c }} = x[deep + {{ (c * pixels + pixel) // 4 }}u];
{% endfor %}
    let by_pixel{{ pixel }} = transpose(mat4x4<f32>(x{{ pixel }}_0, x{{ pixel }}_1, x{{ pixel }}_2, x{{ pixel }}_3));
{% for j in range(4) %}
    y[within(start, {{ (pixel + j) // side }}u, {{ (pixel + j) % side }}u)] = by_pixel{{ pixel }}[{{ j }}];
{% endfor %}
{% endfor %}
{% endif %}
{% endcall %}
