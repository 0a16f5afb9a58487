// loss = (mse sum (p - t)^2 + l1 sum |p - t| + bce sum H + focal sum F) / length: leaves the four sums over each workgroup's elements,
// unweighted, in `sums`, and the gradient of the loss with respect to x in `gradient`.
//
// p is x or sigmoid(x) and t the target. H is the binary cross-entropy of the logit x. F is the focal loss (Lin et al. 2017): H weighted by
// alpha where t is 1, 1 - alpha where it is 0, and by (1 - the probability given to t)^gamma.
//
// mse, l1, bce: whether the term is wanted; if not, its sum is 0. focal: 0 no, 1 any gamma, 2 gamma is 2.
// logits: whether p of mse and l1 is sigmoid(x). invocations: of a workgroup.
struct Params {
    length: u32,
    inverse_length: f32,
    mse: f32, // weights of the terms
    l1: f32,
    bce: f32,
    focal: f32,
    alpha: f32,
    gamma: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read> wanted: array<vec4<f32>>; // [length]
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>; // [workgroups, 4]
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>; // [length]

{% include "shared/index.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;
const QUADS_EACH = {{ 512 // invocations }}u;
alias Four = vec4<f32>;
var<workgroup> totals: array<vec4<f32>, {{ invocations }}>;

// log(1 + e), accurate for small e too.
fn log_one_plus(e: Four) -> Four {
    return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * 0.33333333)), e < Four(0.01));
}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let quads = (params.length + 3u) / 4u;
    var mse = Four();
    var l1 = Four();
    var bce = Four();
    var focal = Four();
    for (var j = 0u; j < QUADS_EACH; j += 1u) {
        let i = (number * QUADS_EACH + j) * WORKGROUP_SIZE + invocation;
        if i < quads {
            // The last quad may be partly padding.
            let present = vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.length);
            let a = select(Four(), x[i], present);
            let t = select(Four(), wanted[i], present);
            var slope = Four();
{% if logits or bce or focal %}
            let e = exp(-abs(a));
            let larger = 1.0 / (1.0 + e);
            let p = select(e * larger, larger, a >= Four());
            let complement = select(larger, e * larger, a >= Four());
{% endif %}
{% if mse or l1 %}
    {% if logits %}
            let difference = p - t;
            let inner = p * complement;
    {% else %}
            let difference = a - t;
            let inner = Four(1.0);
    {% endif %}
{% endif %}
{% if mse %}
            mse += select(Four(), difference * difference, present);
            slope += params.mse * 2.0 * difference * inner;
{% endif %}
{% if l1 %}
            l1 += select(Four(), abs(difference), present);
            // The sign of NaN may be any number.
            slope += params.l1 * select(difference, sign(difference), difference == difference) * inner;
{% endif %}
{% if bce or focal %}
            let entropy = max(a, Four()) - t * a + log_one_plus(e);
{% endif %}
{% if bce %}
            bce += select(Four(), entropy, present);
            slope += params.bce * (p - t);
{% endif %}
{% if focal %}
            let balance = t * params.alpha + (1.0 - t) * (1.0 - params.alpha);
            let miss = t * complement + (1.0 - t) * p;
    {% if focal == 2 %}
            let factor = miss * miss;
            let factor_slope = 2.0 * miss;
    {% else %}
            let positive = max(miss, Four(1e-30));
            let reduced = pow(positive, Four(params.gamma - 1.0));
            let factor = reduced * positive;
            let factor_slope = params.gamma * reduced;
    {% endif %}
            focal += select(Four(), balance * factor * entropy, present);
            let miss_slope = (1.0 - 2.0 * t) * p * complement;
            slope += params.focal * balance * (factor * (p - t) + factor_slope * miss_slope * entropy);
{% endif %}
            gradient[i] = slope * params.inverse_length;
        }
    }
    let one = vec4<f32>(1.0);
    totals[invocation] = vec4<f32>(dot(mse, one), dot(l1, one), dot(bce, one), dot(focal, one));
    workgroupBarrier();
    if invocation == 0u && number * QUADS_EACH * WORKGROUP_SIZE < quads {
        var total = totals[0];
        for (var j = 1u; j < WORKGROUP_SIZE; j += 1u) {
            total += totals[j];
        }
        sums[number] = total;
    }
}
