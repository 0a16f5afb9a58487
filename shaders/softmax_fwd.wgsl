// y = softmax(scale x) over the last axis; a team per row.
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, columns]

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
    var largest = -3.4e38;
    for (var c = lane; c < params.columns; c += LANES) {
        largest = max(largest, params.scale * x[start + c]);
    }
    largest = team_max(largest, lane);
    var total = 0.0;
    for (var c = lane; c < params.columns; c += LANES) {
        let power = exp(params.scale * x[start + c] - largest);
        y[start + c] = power;
        total += power;
    }
    let share = 1.0 / team_sum(total, lane);
    for (var c = lane; c < params.columns; c += LANES) {
        y[start + c] *= share;
    }
}
