// target += source
struct Params {
    length: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<f32>>; // [length]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    let element = vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u);
    if element.x < params.length {
        // What lies behind the last element is not added.
        target_[i] += select(vec4<f32>(), source[i], element < vec4<u32>(params.length));
    }
}
