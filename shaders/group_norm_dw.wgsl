// Adds the gradients of gamma and beta, summed over the samples{% if modulated %}, and of each sample's scale and shift{% endif %}.
// With z = (gamma xhat + beta) (1 + scale) + shift and sums over positions:
// dgamma = sum_n (1 + scale) sum(dz xhat), dbeta = sum_n (1 + scale) sum(dz),
// dscale = gamma sum(dz xhat) + beta sum(dz), dshift = sum(dz). One invocation per channel.
struct Params {
    samples: u32,
    channels: u32,
    modulation_row: u32, // columns of the table of scales and shifts
    modulation_start: u32, // column of the first scale
}
{{ params }}

@group(0) @binding(0) var<storage, read> channel_sums: array<f32>; // [N, 2, C]: of dz, of dz xhat
@group(0) @binding(1) var<storage, read_write> dgamma: array<f32>; // [C]
@group(0) @binding(2) var<storage, read_write> dbeta: array<f32>; // [C]
{% if modulated %}
@group(0) @binding(3) var<storage, read> gamma: array<f32>; // [C]
@group(0) @binding(4) var<storage, read> beta: array<f32>; // [C]
@group(0) @binding(5) var<storage, read> scale_shift: array<f32>; // [N, modulation_row]
@group(0) @binding(6) var<storage, read_write> dscale_dshift: array<f32>; // [N, modulation_row]
{% endif %}

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let c = workgroup_number(workgroup, grid) * 64u + invocation;
    if c >= params.channels {
        return;
    }
    var sum_dgamma = 0.0;
    var sum_dbeta = 0.0;
    for (var sample = 0u; sample < params.samples; sample += 1u) {
        let at = sample * 2u * params.channels + c;
        let sum_dz = channel_sums[at];
        let sum_dz_xhat = channel_sums[at + params.channels];
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let one_plus_scale = 1.0 + scale_shift[modulation];
        dscale_dshift[modulation] += gamma[c] * sum_dz_xhat + beta[c] * sum_dz;
        dscale_dshift[modulation + params.channels] += sum_dz;
        sum_dgamma += one_plus_scale * sum_dz_xhat;
        sum_dbeta += one_plus_scale * sum_dz;
{% else %}
        sum_dgamma += sum_dz_xhat;
        sum_dbeta += sum_dz;
{% endif %}
    }
    dgamma[c] += sum_dgamma;
    dbeta[c] += sum_dbeta;
}
