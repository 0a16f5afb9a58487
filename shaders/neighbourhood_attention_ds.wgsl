// ds = scale p (dp - sum(p dp)), dp = dy v, over each pixel's window: the gradient to q k; a lane per pixel and head.
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
    let from_dy = pixel * channels + head * params.depth;
    var along = 0.0;
    for (var i = 0u; i < rows; i += 1u) {
        for (var j = 0u; j < columns; j += 1u) {
            let v = pixel_at(place.x, top + i, left + j) * 3u * channels + 2u * channels + head * params.depth;
            var dp = 0.0;
            for (var d = 0u; d < params.depth; d += 1u) {
                dp += dy[from_dy + d] * qkv[v + d];
            }
            ds[first + i * columns + j] = dp;
            along += p[first + i * columns + j] * dp;
        }
    }
    for (var j = first; j < first + rows * columns; j += 1u) {
        ds[j] = params.scale * p[j] * (ds[j] - along);
    }
}
