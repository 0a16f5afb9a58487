// A step of a solver: y plus up to four velocities, each with its coefficient.
//
// velocities: how many.
struct Params {
    values: u32, // of four floats
{%- for j in range(velocities) %}
    c{{ j }}: f32,
{%- endfor %}
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>; // [values]
{%- for j in range(velocities) %}
@group(0) @binding({{ j + 1 }}) var<storage, read> v{{ j }}: array<vec4<f32>>; // [values]
{%- endfor %}
@group(0) @binding({{ velocities + 1 }}) var<storage, read_write> next: array<vec4<f32>>; // [values]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i < params.values {
        next[i] = y[i]{% for j in range(velocities) %} + params.c{{ j }} * v{{ j }}[i]{% endfor %};
    }
}
