// dq gathers over the pixel's own window, dk and dv over the pixels whose window holds it; a lane per pixel and channel.
@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, H, W, 3, heads, depth]
@group(0) @binding(1) var<storage, read> p: array<f32>; // [N, H, W, heads, window]
@group(0) @binding(2) var<storage, read> ds: array<f32>; // [N, H, W, heads, window]
@group(0) @binding(3) var<storage, read> dy: array<f32>; // [N, H, W, heads, depth]
@group(0) @binding(4) var<storage, read_write> dqkv: array<f32>; // [N, H, W, 3, heads, depth]

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
    let channels = params.heads * params.depth;
    let pixel = item / channels;
    let channel = item - pixel * channels;
    let head = channel / params.depth;
    let place = place_of(pixel);
    let rows = window_side(params.height);
    let columns = window_side(params.width);

    let top = window_start(place.y, params.height);
    let left = window_start(place.z, params.width);
    let first = (pixel * params.heads + head) * rows * columns;
    var dq = 0.0;
    for (var i = 0u; i < rows; i += 1u) {
        let k = pixel_at(place.x, top + i, left) * 3u * channels + channels + channel;
        for (var j = 0u; j < columns; j += 1u) {
            dq += ds[first + i * columns + j] * qkv[k + j * 3u * channels];
        }
    }

    var dk = 0.0;
    var dv = 0.0;
    for (var row = first_viewer(place.y); row <= last_viewer(place.y, params.height); row += 1u) {
        let i = place.y - window_start(row, params.height);
        for (var column = first_viewer(place.z); column <= last_viewer(place.z, params.width); column += 1u) {
            let j = place.z - window_start(column, params.width);
            let viewer = pixel_at(place.x, row, column);
            let at = ((viewer * params.heads + head) * rows + i) * columns + j;
            dk += ds[at] * qkv[viewer * 3u * channels + channel];
            dv += p[at] * dy[viewer * channels + channel];
        }
    }

    let to_dq = pixel * 3u * channels + channel;
    dqkv[to_dq] = dq;
    dqkv[to_dq + channels] = dk;
    dqkv[to_dq + 2u * channels] = dv;
}
