// dx = scale y (dy - sum(y dy)) over the last axis; one workgroup per row.
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> y: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> dx: array<f32>; // [rows, columns]

{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}

const WORKGROUP_SIZE = {{ lanes }}u;

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let row = workgroup_number(workgroup, grid);
    if row >= params.rows {
        return;
    }
    let start = row * params.columns;
    var sum_y_dy = 0.0;
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        sum_y_dy += y[start + c] * dy[start + c];
    }
    sum_y_dy = team_sum(sum_y_dy, invocation);
    for (var c = invocation; c < params.columns; c += WORKGROUP_SIZE) {
        dx[start + c] = params.scale * y[start + c] * (dy[start + c] - sum_y_dy);
    }
}
