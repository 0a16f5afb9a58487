// y = act((x - mean) gain + offset) + residual for one sample and group, statistics and all: a team each. act is SiLU or nothing.
// (gamma (x - mean) / deviation + beta) (scale + 1) + shift is (x - mean) gain + offset.
{% include "shared/norm_group.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> gamma: array<Value>; // [C]
@group(0) @binding(2) var<storage, read> beta: array<Value>; // [C]
@group(0) @binding(3) var<storage, read_write> norm: array<Value>; // [N, 4, C]: mean, gain, offset, 1 / deviation
@group(0) @binding(4) var<storage, read_write> y: array<Value>; // [N, positions, C]
{% if modulated %}
@group(0) @binding(5) var<storage, read> scale_shift: array<Value>; // [N, modulation_row]
{% endif %}
{% if residual %}
@group(0) @binding({{ 5 + modulated }}) var<storage, read> residual: array<Value>; // [N, positions, C]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}
{% if silu %}{% include "shared/sigmoid.wgsl" %}{% endif %}
@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    {% include "shared/norm_place.wgsl" %}
    // This lane's mean and squares around it (Welford 1962).
    var mine = Value();
    var squares = Value();
    var count = 0.0;
    for (var piece = column; piece < params.pieces; piece += params.tile) {
        for (var p = row; p < params.positions; p += rows) {
            let value = x[start + p * all + piece];
            count += 1.0;
            let step = value - mine;
            mine += step * (1.0 / count);
            squares += step * (value - mine);
        }
    }
    // The squares around the lane's mean become those around the group's (Chan, Golub and LeVeque 1979).
    let mean = team_sum(count * over_channels(mine), lane) / size;
    let away = mine - mean;
    let square = team_sum(over_channels(squares + count * away * away), lane);
    let sharpness = 1.0 / sqrt(square / size + params.eps);

    for (var piece = column; piece < params.pieces; piece += params.tile) {
        let c = group + piece;
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let scale = 1.0 + scale_shift[modulation];
        let shift = scale_shift[modulation + all];
{% else %}
        let scale = Value(1.0);
        let shift = Value();
{% endif %}
        let gain = gamma[c] * sharpness * scale;
        let offset = beta[c] * scale + shift;
        if row == 0u {
            let plane = sample * 4u * all + c;
            norm[plane] = Value(mean);
            norm[plane + all] = gain;
            norm[plane + 2u * all] = offset;
            norm[plane + 3u * all] = Value(sharpness);
        }
        for (var p = row; p < params.positions; p += rows) {
            let i = start + p * all + piece;
            let z = (x[i] - mean) * gain + offset;
            y[i] = {% if silu %}z * sigmoid(z){% else %}z{% endif %}{% if residual %} + residual[i]{% endif %};
        }
    }
}
