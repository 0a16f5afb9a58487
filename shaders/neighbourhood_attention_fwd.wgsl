// y = p v over each query's window; one invocation per query and channel.
@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, H, W, 3, heads, depth]
@group(0) @binding(1) var<storage, read> p: array<f32>; // [N, H, W, heads, window]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [N, H, W, heads, depth]

{% include "shared/index.wgsl" %}
{% include "shared/window.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + invocation;
    if item >= params.length {
        return;
    }
    let channels = params.heads * params.depth;
    let position = item / channels;
    let channel = item - position * channels;
    let coordinates = coordinates_of(position);
    let top = window_start(coordinates.y, params.height);
    let left = window_start(coordinates.z, params.width);
    let rows = window_side(params.height);
    let columns = window_side(params.width);
    let first = (position * params.heads + channel / params.depth) * rows * columns;
    var sum = 0.0;
    for (var i = 0u; i < rows; i += 1u) {
        let v = position_at(coordinates.x, top + i, left) * 3u * channels + 2u * channels + channel;
        for (var j = 0u; j < columns; j += 1u) {
            sum += p[first + i * columns + j] * qkv[v + j * 3u * channels];
        }
    }
    y[item] = sum;
}
