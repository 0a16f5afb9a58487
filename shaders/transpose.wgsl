// y[b, c, r] = x[b, r, c]; a lane per element of y.
struct Params {
    length: u32,
    rows: u32,
    columns: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [B, rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [B, columns, rows]

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
    let line = i / params.rows;
    let row = i - line * params.rows;
    let batch = line / params.columns;
    let column = line - batch * params.columns;
    y[i] = x[(batch * params.rows + row) * params.columns + column];
}
