// dx = scale y (dy - sum(y dy)) over the last axis; a team per row.
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

const LANES = {{ lanes }}u;

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = workgroup_number(workgroup, grid);
    if row >= params.rows {
        return;
    }
    let start = row * params.columns;
    var along = 0.0;
    for (var c = lane; c < params.columns; c += LANES) {
        along += y[start + c] * dy[start + c];
    }
    along = team_sum(along, lane);
    for (var c = lane; c < params.columns; c += LANES) {
        dx[start + c] = params.scale * y[start + c] * (dy[start + c] - along);
    }
}
