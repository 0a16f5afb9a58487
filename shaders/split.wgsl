// The inverse of concat: the first channels of each row to a, the others to b; a lane per {{ vector }} channels of y.
// Sizes count such pieces.
struct Params {
    length: u32,
    first: u32,
    second: u32,
}
{{ immediates }}

alias Channels = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> y: array<Channels>; // [rows, first + second]
@group(0) @binding(1) var<storage, read_write> a: array<Channels>; // [rows, first]
@group(0) @binding(2) var<storage, read_write> b: array<Channels>; // [rows, second]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    if i >= params.length {
        return;
    }
    let row = i / (params.first + params.second);
    let channel = i - row * (params.first + params.second);
    if channel < params.first {
        a[row * params.first + channel] = y[i];
    } else {
        b[row * params.second + channel - params.first] = y[i];
    }
}
