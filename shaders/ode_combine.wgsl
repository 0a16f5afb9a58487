// A step of a solver: next = y + c0 v0 + c1 v1 + .., with up to four velocities.
//
// velocities: how many.
{% from "shared/each.wgsl" import each %}
struct Params {
    quads: u32,
{%- for j in range(velocities) %}
    c{{ j }}: f32,
{%- endfor %}
}
{{ params }}

@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>; // [quads]
{%- for j in range(velocities) %}
@group(0) @binding({{ j + 1 }}) var<storage, read> v{{ j }}: array<vec4<f32>>; // [quads]
{%- endfor %}
@group(0) @binding({{ velocities + 1 }}) var<storage, read_write> next: array<vec4<f32>>; // [quads]

{% call(i) each("params.quads", 64) %}
    next[i] = y[i]{% for j in range(velocities) %} + params.c{{ j }} * v{{ j }}[i]{% endfor %};
{% endcall %}
