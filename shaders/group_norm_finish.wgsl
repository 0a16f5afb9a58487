// From the chunks' statistics of group_norm_stats to each channel's coefficients; a team per sample and group.
// y = (gamma (x - mean) / deviation + beta) (scale + 1) + shift is (x - mean) gain + offset.
struct Params {
    samples: u32,
    groups: u32,
    width: u32,
    positions: u32,
    chunks: u32,
    start_step: u32,
    span: u32,
    step: u32,
    eps: f32,
    modulation_row: u32, // of the table of scales and shifts
    modulation_start: u32, // column of the first scale
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> means: array<f32>; // [N, chunks, C]
@group(0) @binding(1) var<storage, read> squares: array<f32>; // [N, chunks, C]
@group(0) @binding(2) var<storage, read> gamma: array<f32>; // [C]
@group(0) @binding(3) var<storage, read> beta: array<f32>; // [C]
@group(0) @binding(4) var<storage, read_write> norm: array<f32>; // [N, 4, C]: mean, gain, offset, 1 / deviation
{% if modulated %}
@group(0) @binding(5) var<storage, read> scale_shift: array<f32>; // [N, modulation_row]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}

const LANES = {{ lanes }}u;

// Positions in a chunk.
fn count(chunk: u32) -> f32 {
    let start = chunk * params.start_step;
    let end = min(start + params.span, params.positions);
    return f32((end - start + params.step - 1u) / params.step);
}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.groups {
        return;
    }
    let sample = number / params.groups;
    let channels = params.groups * params.width;
    let first = (number - sample * params.groups) * params.width; // channel of the group
    let size = f32(params.positions * params.width);
    var total = 0.0;
    for (var i = lane; i < params.chunks * params.width; i += LANES) {
        let chunk = i / params.width;
        let at = (sample * params.chunks + chunk) * channels + first + i - chunk * params.width;
        total += count(chunk) * means[at];
    }
    let mean = team_sum(total, lane) / size;
    // The squares around the chunk's mean become those around the group's (Chan, Golub and LeVeque 1979).
    var square = 0.0;
    for (var i = lane; i < params.chunks * params.width; i += LANES) {
        let chunk = i / params.width;
        let at = (sample * params.chunks + chunk) * channels + first + i - chunk * params.width;
        let away = means[at] - mean;
        square += squares[at] + count(chunk) * away * away;
    }
    let sharpness = 1.0 / sqrt(team_sum(square, lane) / size + params.eps);
    for (var c = first + lane; c < first + params.width; c += LANES) {
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let scale = 1.0 + scale_shift[modulation];
        let shift = scale_shift[modulation + channels];
{% else %}
        let scale = 1.0;
        let shift = 0.0;
{% endif %}
        let plane = sample * 4u * channels + c;
        norm[plane] = mean;
        norm[plane + channels] = gamma[c] * sharpness * scale;
        norm[plane + 2u * channels] = beta[c] * scale + shift;
        norm[plane + 3u * channels] = sharpness;
    }
}
