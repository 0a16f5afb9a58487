// ds = scale p (dp - sum(p dp)), dp = dy v, over each query's window: the gradient to q k; one invocation per query and head.
@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, H, W, 3, heads, depth]
@group(0) @binding(1) var<storage, read> p: array<f32>; // [N, H, W, heads, window]
@group(0) @binding(2) var<storage, read> dy: array<f32>; // [N, H, W, heads, depth]
@group(0) @binding(3) var<storage, read_write> ds: array<f32>; // [N, H, W, heads, window]

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
    let from_dy = position * channels + head * params.depth;
    var sum_p_dp = 0.0;
    for (var i = 0u; i < rows; i += 1u) {
        for (var j = 0u; j < columns; j += 1u) {
            let v = position_at(coordinates.x, top + i, left + j) * 3u * channels + 2u * channels + head * params.depth;
            var dp = 0.0;
            for (var d = 0u; d < params.depth; d += 1u) {
                dp += dy[from_dy + d] * qkv[v + d];
            }
            ds[first + i * columns + j] = dp;
            sum_p_dp += p[first + i * columns + j] * dp;
        }
    }
    for (var j = first; j < first + rows * columns; j += 1u) {
        ds[j] = params.scale * p[j] * (ds[j] - sum_p_dp);
    }
}
