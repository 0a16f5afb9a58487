// Merges the chunks' statistics of group_norm_stats into mean and rstd = 1 / sqrt(var + eps) of each group, and folds scales and
// shifts into two coefficients per channel. With xhat = (x - mean) rstd:
// (gamma xhat + beta) (1 + scale) + shift = (x - mean) gain + offset,
// gain = gamma rstd (1 + scale), offset = beta (1 + scale) + shift.
// One workgroup per sample and group.
struct Params {
    samples: u32,
    groups: u32,
    group_channels: u32,
    positions: u32,
    chunks: u32,
    chunk_offset: u32,
    chunk_span: u32,
    stride: u32,
    eps: f32,
    modulation_row: u32, // columns of the table of scales and shifts
    modulation_start: u32, // column of the first scale
}
{{ params }}

@group(0) @binding(0) var<storage, read> chunk_mean: array<f32>; // [N, chunks, C]
@group(0) @binding(1) var<storage, read> chunk_m2: array<f32>; // [N, chunks, C]
@group(0) @binding(2) var<storage, read> gamma: array<f32>; // [C]
@group(0) @binding(3) var<storage, read> beta: array<f32>; // [C]
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>; // [N, 4, C]: mean, gain, offset, rstd
{% if modulated %}
@group(0) @binding(5) var<storage, read> scale_shift: array<f32>; // [N, modulation_row]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

// Positions in a chunk.
fn positions_in(chunk: u32) -> f32 {
    let start = chunk * params.chunk_offset;
    let end = min(start + params.chunk_span, params.positions);
    return f32((end - start + params.stride - 1u) / params.stride);
}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.groups {
        return;
    }
    let sample = number / params.groups;
    let channels = params.groups * params.group_channels;
    let first = (number - sample * params.groups) * params.group_channels; // channel of the group
    let size = f32(params.positions * params.group_channels);
    var sum = 0.0;
    for (var i = invocation; i < params.chunks * params.group_channels; i += WORKGROUP_SIZE) {
        let chunk = i / params.group_channels;
        let at = (sample * params.chunks + chunk) * channels + first + i - chunk * params.group_channels;
        sum += positions_in(chunk) * chunk_mean[at];
    }
    let mean = workgroup_sum(sum, invocation) / size;
    // M2 about the chunk's mean becomes M2 about the group's (Chan, Golub and LeVeque 1979).
    var m2 = 0.0;
    for (var i = invocation; i < params.chunks * params.group_channels; i += WORKGROUP_SIZE) {
        let chunk = i / params.group_channels;
        let at = (sample * params.chunks + chunk) * channels + first + i - chunk * params.group_channels;
        let delta = chunk_mean[at] - mean;
        m2 += chunk_m2[at] + positions_in(chunk) * delta * delta;
    }
    let rstd = 1.0 / sqrt(workgroup_sum(m2, invocation) / size + params.eps);
    for (var c = first + invocation; c < first + params.group_channels; c += WORKGROUP_SIZE) {
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let one_plus_scale = 1.0 + scale_shift[modulation];
        let shift = scale_shift[modulation + channels];
{% else %}
        let one_plus_scale = 1.0;
        let shift = 0.0;
{% endif %}
        let at = sample * 4u * channels + c;
        coefficients[at] = mean;
        coefficients[at + channels] = gamma[c] * rstd * one_plus_scale;
        coefficients[at + 2u * channels] = beta[c] * one_plus_scale + shift;
        coefficients[at + 3u * channels] = rstd;
    }
}
