// From the chunks' sums of group_norm_bwd_sums to the coefficients of dx and, for each sample, the gradients of gamma, beta,
// scale and shift; a team per sample and group. With e the gradient to the normalised x:
// dx = (e - mean(e) - xhat mean(e xhat)) / deviation = d gain - pull - (x - mean) slant.
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

@group(0) @binding(0) var<storage, read> sums: array<f32>; // [N, chunks, C]
@group(0) @binding(1) var<storage, read> alongs: array<f32>; // [N, chunks, C]
@group(0) @binding(2) var<storage, read> norm: array<f32>; // [N, 4, C]: mean, gain, offset, 1 / deviation
@group(0) @binding(3) var<storage, read_write> pulls: array<f32>; // [N, 2, C]: pull, slant
@group(0) @binding(4) var<storage, read_write> dparameters: array<f32>; // [N, 2, C]: of gamma, of beta
{% if modulated %}
@group(0) @binding(5) var<storage, read> gamma: array<f32>; // [C]
@group(0) @binding(6) var<storage, read> beta: array<f32>; // [C]
@group(0) @binding(7) var<storage, read> scale_shift: array<f32>; // [N, modulation_row]
@group(0) @binding(8) var<storage, read_write> dscale_shift: array<f32>; // [N, modulation_row]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}

const LANES = {{ lanes }}u;

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
    let sharpness = norm[(sample * 4u + 3u) * channels + first];
    var pull = 0.0;
    var slant = 0.0;
    for (var c = first + lane; c < first + params.width; c += LANES) {
        var sum = 0.0; // of d
        var along = 0.0; // of d xhat
        for (var chunk = 0u; chunk < params.chunks; chunk += 1u) {
            let at = (sample * params.chunks + chunk) * channels + c;
            sum += sums[at];
            along += alongs[at];
        }
        along *= sharpness;
        let gain = norm[(sample * 4u + 1u) * channels + c];
        pull += gain * sum;
        slant += gain * along;
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let scale = 1.0 + scale_shift[modulation];
        dscale_shift[modulation] += gamma[c] * along + beta[c] * sum;
        dscale_shift[modulation + channels] += sum;
{% else %}
        let scale = 1.0;
{% endif %}
        dparameters[sample * 2u * channels + c] = scale * along;
        dparameters[(sample * 2u + 1u) * channels + c] = scale * sum;
    }
    pull = team_sum(pull, lane) / size;
    slant = team_sum(slant, lane) * sharpness / size;
    for (var c = first + lane; c < first + params.width; c += LANES) {
        pulls[sample * 2u * channels + c] = pull;
        pulls[(sample * 2u + 1u) * channels + c] = slant;
    }
}
