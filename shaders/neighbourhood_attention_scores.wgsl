// p = softmax(scale q k) over each pixel's window; a lane per pixel and head.
@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, H, W, 3, heads, depth]
@group(0) @binding(1) var<storage, read_write> p: array<f32>; // [N, H, W, heads, window]

{% include "shared/index.wgsl" %}
{% include "shared/window.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + lane;
    if item >= params.length {
        return;
    }
    let pixel = item / params.heads;
    let head = item - pixel * params.heads;
    let channels = params.heads * params.depth;
    let place = place_of(pixel);
    let top = window_start(place.y, params.height);
    let left = window_start(place.z, params.width);
    let rows = window_side(params.height);
    let columns = window_side(params.width);
    let first = item * rows * columns;
    let q = pixel * 3u * channels + head * params.depth;
    var largest = -3.4e38;
    for (var i = 0u; i < rows; i += 1u) {
        for (var j = 0u; j < columns; j += 1u) {
            let k = pixel_at(place.x, top + i, left + j) * 3u * channels + channels + head * params.depth;
            var score = 0.0;
            for (var d = 0u; d < params.depth; d += 1u) {
                score += qkv[q + d] * qkv[k + d];
            }
            score *= params.scale;
            p[first + i * columns + j] = score;
            largest = max(largest, score);
        }
    }
    var total = 0.0;
    for (var j = 0u; j < rows * columns; j += 1u) {
        let power = exp(p[first + j] - largest);
        p[first + j] = power;
        total += power;
    }
    let share = 1.0 / total;
    for (var j = 0u; j < rows * columns; j += 1u) {
        p[first + j] *= share;
    }
}
