// y = act((gamma xhat + beta) (1 + scale) + shift) + residual, xhat = (x - mean) rstd, rstd = 1 / sqrt(var + eps); act is SiLU or
// the identity. Statistics and normalisation in one dispatch: one workgroup per sample and group.
// The argument of act is (x - mean) gain + offset with gain = gamma rstd (1 + scale), offset = beta (1 + scale) + shift.
{% include "shared/norm_one_pass.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read> gamma: array<Value>; // [C]
@group(0) @binding(2) var<storage, read> beta: array<Value>; // [C]
@group(0) @binding(3) var<storage, read_write> coefficients: array<Value>; // [N, 4, C]: mean, gain, offset, rstd
@group(0) @binding(4) var<storage, read_write> y: array<Value>; // [N, positions, C]
{% if modulated %}
@group(0) @binding(5) var<storage, read> scale_shift: array<Value>; // [N, modulation_row]
{% endif %}
{% if residual %}
@group(0) @binding({{ 5 + modulated }}) var<storage, read> residual: array<Value>; // [N, positions, C]
{% endif %}
{% include "shared/index.wgsl" %}
{% include "shared/reduce.wgsl" %}
{% if silu %}{% include "shared/sigmoid.wgsl" %}{% endif %}
@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    {% include "shared/norm_one_pass_index.wgsl" %}
    // Mean and M2, the sum of squared deviations from it, of this invocation's elements (Welford 1962). The mean begins near the elements:
    // a driver's 1 / 1 may be off by 2.5 ULP, which multiplies the first difference.
    var own_mean = x[base + min(row, params.positions - 1u) * vectors + min(column, params.group_vectors - 1u)];
    var own_m2 = Value();
    var count = 0.0;
    for (var v = column; v < params.group_vectors; v += params.tile) {
        for (var p = row; p < params.positions; p += rows) {
            let value = x[base + p * vectors + v];
            count += 1.0;
            let delta = value - own_mean;
            own_mean += delta * (1.0 / count);
            own_m2 += delta * (value - own_mean);
        }
    }
    // M2 about the invocation's mean becomes M2 about the group's (Chan, Golub and LeVeque 1979).
    let mean = workgroup_sum(count * sum_of_channels(own_mean), invocation) / size;
    let delta = own_mean - mean;
    let m2 = workgroup_sum(sum_of_channels(own_m2 + count * delta * delta), invocation);
    let rstd = 1.0 / sqrt(m2 / size + params.eps);

    for (var v = column; v < params.group_vectors; v += params.tile) {
        let c = first + v;
{% if modulated %}
        let modulation = sample * params.modulation_row + params.modulation_start + c;
        let one_plus_scale = 1.0 + scale_shift[modulation];
        let shift = scale_shift[modulation + vectors];
{% else %}
        let one_plus_scale = Value(1.0);
        let shift = Value();
{% endif %}
        let gain = gamma[c] * rstd * one_plus_scale;
        let offset = beta[c] * one_plus_scale + shift;
        if row == 0u {
            // A loop that is not unrolled has one store: software Vulkan takes long to compile four.
            let at = sample * 4u * vectors + c;
            var value = Value(mean);
            var second = gain;
            var third = offset;
            for (var to = at; to < at + 4u * vectors; to += vectors) {
                coefficients[to] = value;
                value = second;
                second = third;
                third = Value(rstd);
            }
        }
        for (var p = row; p < params.positions; p += rows) {
            let i = base + p * vectors + v;
            let z = (x[i] - mean) * gain + offset;
            y[i] = {% if silu %}z * sigmoid(z){% else %}z{% endif %}{% if residual %} + residual[i]{% endif %};
        }
    }
}
