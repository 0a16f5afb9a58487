// y[n, h, w, c p p + p row + column] = x[n, p h + row, p w + column, c]
{% from "shared/each.wgsl" import each %}
{% include "shared/divide.wgsl" %}
{% include "shared/shuffle.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, p H, p W, C]
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [N, H, W, C p p]

{% set pixels = side * side %}
{% call(i) each("params.length", 64) %}
    let start = square(i);
    let deep = i * SIDE * SIDE;
{% for pixel in range(0, pixels, vector) %}
{% for j in range(vector) %}
    let x{{ pixel + j }} = x[within(start, {{ (pixel + j) // side }}u, {{ (pixel + j) % side }}u)];
{% endfor %}
{% if vector == 4 %}
    let by_channel{{ pixel }} = transpose(mat4x4<f32>(x{{ pixel }}, x{{ pixel + 1 }}, x{{ pixel + 2 }}, x{{ pixel + 3 }}));
{% for c in range(4) %}
    y[deep + {{ (c * pixels + pixel) // 4 }}u] = by_channel{{ pixel }}[{{ c }}];
{% endfor %}
{% else %}
    y[deep + {{ pixel }}u] = x{{ pixel }};
{% endif %}
{% endfor %}
{% endcall %}
