// p = softmax(scale q k) over each query's window; one invocation per query and head.
@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, H, W, 3, heads, depth]
@group(0) @binding(1) var<storage, read_write> p: array<f32>; // [N, H, W, heads, window]

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
    let position = item / params.heads;
    let head = item - position * params.heads;
    let channels = params.heads * params.depth;
    let coordinates = coordinates_of(position);
    let top = window_start(coordinates.y, params.height);
    let left = window_start(coordinates.z, params.width);
    let rows = window_side(params.height);
    let columns = window_side(params.width);
    let first = item * rows * columns;
    let q = position * 3u * channels + head * params.depth;
    var max_score = -3.4e38;
    for (var i = 0u; i < rows; i += 1u) {
        for (var j = 0u; j < columns; j += 1u) {
            let k = position_at(coordinates.x, top + i, left + j) * 3u * channels + channels + head * params.depth;
            var score = 0.0;
            for (var d = 0u; d < params.depth; d += 1u) {
                score += qkv[q + d] * qkv[k + d];
            }
            score *= params.scale;
            p[first + i * columns + j] = score;
            max_score = max(max_score, score);
        }
    }
    var sum_exp = 0.0;
    for (var j = 0u; j < rows * columns; j += 1u) {
        let exp_score = exp(p[first + j] - max_score);
        p[first + j] = exp_score;
        sum_exp += exp_score;
    }
    let inverse_sum = 1.0 / sum_exp;
    for (var j = 0u; j < rows * columns; j += 1u) {
        p[first + j] *= inverse_sum;
    }
}
