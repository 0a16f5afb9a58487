// dx and, for the sample, the gradients of gamma, beta, scale and shift, for one sample and group: a team each. With d the gradient
// before the activation and e that to the normalised x:
// dx = (e - mean(e) - xhat mean(e xhat)) / deviation = d gain - pull - (x - mean) slant.
{% include "shared/norm_group.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> dy: array<Value>; // [N, positions, C]
@group(0) @binding(2) var<storage, read> norm: array<Value>; // [N, 4, C]: mean, gain, offset, 1 / deviation
@group(0) @binding(3) var<storage, read_write> dx: array<Value>; // [N, positions, C]
@group(0) @binding(4) var<storage, read_write> dparameters: array<Value>; // [N, 2, C]: of gamma, of beta
{% if modulated %}
@group(0) @binding(5) var<storage, read> gamma: array<Value>; // [C]
@group(0) @binding(6) var<storage, read> beta: array<Value>; // [C]
@group(0) @binding(7) var<storage, read> scale_shift: array<Value>; // [N, modulation_row]
@group(0) @binding(8) var<storage, read_write> dscale_shift: array<Value>; // [N, modulation_row]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}
{% include "shared/team_rows.wgsl" %}
{% if silu %}{% include "shared/sigmoid.wgsl" %}{% endif %}
@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    {% include "shared/norm_place.wgsl" %}
    let coefficients = sample * 4u * all + group;
    let mean = norm[coefficients];
    let sharpness = norm[coefficients + 3u * all];
    var pull = 0.0;
    var slant = 0.0;
    // All lanes go through as many blocks of pieces, since they meet in each.
    for (var block = 0u; block < params.pieces; block += params.tile) {
        let piece = block + column;
        let safe = min(piece, params.pieces - 1u);
        let gain = norm[coefficients + all + safe];
        let offset = norm[coefficients + 2u * all + safe];
        var sum = Value(); // of d
        var along = Value(); // of d xhat
        if piece < params.pieces {
            for (var p = row; p < params.positions; p += rows) {
                let i = start + p * all + piece;
                let centred = x[i] - mean;
                let d = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
                sum += d;
                along += d * centred;
            }
        }
        along *= sharpness;
        pull += over_channels(gain * sum);
        slant += over_channels(gain * along);
        sum = over_rows(sum, lane);
        along = over_rows(along, lane);
        if row == 0u && piece < params.pieces {
            let c = group + piece;
{% if modulated %}
            let modulation = sample * params.modulation_row + params.modulation_start + c;
            let scale = 1.0 + scale_shift[modulation];
            dscale_shift[modulation] += gamma[c] * along + beta[c] * sum;
            dscale_shift[modulation + all] += sum;
{% else %}
            let scale = Value(1.0);
{% endif %}
            dparameters[sample * 2u * all + c] = scale * along;
            dparameters[(sample * 2u + 1u) * all + c] = scale * sum;
        }
    }
    pull = team_sum(pull, lane) / size;
    let slants = team_sum(slant, lane) * sharpness / size;

    for (var piece = column; piece < params.pieces; piece += params.tile) {
        let gain = norm[coefficients + all + piece];
        let offset = norm[coefficients + 2u * all + piece];
        for (var p = row; p < params.positions; p += rows) {
            let i = start + p * all + piece;
            let centred = x[i] - mean;
            let d = dy[i]{% if silu %} * silu_slope(centred * gain + offset){% endif %};
            dx[i] {% if accumulate %}+{% endif %}= d * gain - pull - centred * slants;
        }
    }
}
