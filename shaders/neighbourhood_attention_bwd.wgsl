// dq_i = sum_j ds_ij k_j over the keys j of query i's window; dk_j = sum_i ds_ij q_i and dv_j = sum_i p_ij dy_i over the queries i
// whose window contains key j. One invocation per position, as query and as key, and channel.
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
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + invocation;
    if item >= params.length {
        return;
    }
    let channels = params.heads * params.depth;
    let position = item / channels;
    let channel = item - position * channels;
    let head = channel / params.depth;
    let coordinates = coordinates_of(position);
    let rows = window_side(params.height);
    let columns = window_side(params.width);

    let top = window_start(coordinates.y, params.height);
    let left = window_start(coordinates.z, params.width);
    let first = (position * params.heads + head) * rows * columns;
    var dq = 0.0;
    for (var i = 0u; i < rows; i += 1u) {
        let k = position_at(coordinates.x, top + i, left) * 3u * channels + channels + channel;
        for (var j = 0u; j < columns; j += 1u) {
            dq += ds[first + i * columns + j] * qkv[k + j * 3u * channels];
        }
    }

    var dk = 0.0;
    var dv = 0.0;
    for (var row = first_query(coordinates.y); row <= last_query(coordinates.y, params.height); row += 1u) {
        let i = coordinates.y - window_start(row, params.height);
        for (var column = first_query(coordinates.z); column <= last_query(coordinates.z, params.width); column += 1u) {
            let j = coordinates.z - window_start(column, params.width);
            let query = position_at(coordinates.x, row, column);
            let at = ((query * params.heads + head) * rows + i) * columns + j;
            dk += ds[at] * qkv[query * 3u * channels + channel];
            dv += p[at] * dy[query * channels + channel];
        }
    }

    let to_dq = position * 3u * channels + channel;
    dqkv[to_dq] = dq;
    dqkv[to_dq + channels] = dk;
    dqkv[to_dq + 2u * channels] = dv;
}
