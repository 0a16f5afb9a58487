// Gradients of q, k and v for one sample and head; one workgroup each. With pq = softmax_D(q) and pk = softmax_L(k):
// dcontext = D^-1/2 pq^T dy, dpq = D^-1/2 dy context^T, dpk = v dcontext^T, dv = pk dcontext,
// dq = pq (dpq - sum_D(pq dpq)), where sum_D(pq dpq) = sum_D(y dy), and dk = pk (dpk - sum_L(pk dpk)).
{% set entries = (depth * depth + 255) // 256 %}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read> y: array<f32>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read> context: array<f32>; // [N, heads, D of v, D of k]
@group(0) @binding(3) var<storage, read> key_stats: array<f32>; // [N, heads, 2, D]: max_L(k), sum_L(exp(k - max))
@group(0) @binding(4) var<storage, read> dy: array<f32>; // [N, L, heads, D]
@group(0) @binding(5) var<storage, read_write> dqkv: array<f32>; // [N, L, 3, heads, D]

{% include "shared/index.wgsl" %}
{% include "shared/linear_attention.wgsl" %}

var<workgroup> rows_k: array<f32, {{ depth * tile }}>;
var<workgroup> rows_v: array<f32, {{ depth * tile }}>;
// [D of k, D of v and one of padding], so that neighbouring invocations read other banks of the memory, down and across.
var<workgroup> dcontext: array<f32, {{ depth * (depth + 1) }}>;
var<workgroup> sum_pq_dpq: array<f32, {{ tile }}>; // divided by D^-1/2
var<workgroup> sum_pk_dpk: array<f32, {{ depth }}>;

// rows_b = dy of the positions from `first` on, zeros past the end.
fn load_gradients(sample: u32, positions: u32, head: u32, first: u32, invocation: u32) {
    for (var i = invocation; i < TILE_ELEMENTS; i += WORKGROUP_SIZE) {
        let position = first + i / D;
        var gradient = 0.0;
        if position < positions {
            gradient = dy[((sample * positions + position) * params.heads + head) * D + i % D];
        }
        rows_b[i] = gradient;
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let positions = params.positions;
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.heads {
        return;
    }
    let sample = number / params.heads;
    let head = number - sample * params.heads;
{% for j in range(entries) %}
    let entry{{ j }} = min(invocation + {{ 256 * j }}u, D * D - 1u);
    let row{{ j }} = entry{{ j }} / D;
    let column{{ j }} = entry{{ j }} % D;
    var sum{{ j }} = 0.0;
{% endfor %}
    for (var first = 0u; first < positions; first += TILE) {
        load_queries(sample, positions, head, first, invocation);
        load_gradients(sample, positions, head, first, invocation);
        workgroupBarrier();
        for (var r = 0u; r < TILE_ELEMENTS; r += D) {
{% for j in range(entries) %}
            sum{{ j }} += rows_a[r + row{{ j }}] * rows_b[r + column{{ j }}];
{% endfor %}
        }
        workgroupBarrier();
    }
{% for j in range(entries) %}
    if invocation + {{ 256 * j }}u < D * D {
        dcontext[row{{ j }} * (D + 1u) + column{{ j }}] = sum{{ j }};
    }
{% endfor %}
    workgroupBarrier();
    // sum_L(pk dpk) is the diagonal of context dcontext^T.
    if invocation < D {
        var sum = 0.0;
        for (var e = 0u; e < D; e += 1u) {
            sum += context[(number * D + e) * D + invocation] * dcontext[invocation * (D + 1u) + e];
        }
        sum_pk_dpk[invocation] = sum;
    }
    for (var first = 0u; first < positions; first += TILE) {
        workgroupBarrier();
        load_queries(sample, positions, head, first, invocation);
        load_gradients(sample, positions, head, first, invocation);
        for (var i = invocation; i < TILE_ELEMENTS; i += WORKGROUP_SIZE) {
            let position = first + i / D;
            var pk = 0.0;
            var v = 0.0;
            if position < positions {
                let sum_exp_k = key_stats[(number * 2u + 1u) * D + i % D];
                pk = exp(qkv[qkv_start(sample, positions, position, 1u, head) + i % D] - key_stats[number * 2u * D + i % D]) / sum_exp_k;
                v = qkv[qkv_start(sample, positions, position, 2u, head) + i % D];
            }
            rows_k[i] = pk;
            rows_v[i] = v;
        }
        workgroupBarrier();
        let row = invocation / PARTS;
        let part = invocation % PARTS;
        let y_row = ((sample * positions + min(first + row, positions - 1u)) * params.heads + head) * D;
        var own_sum = 0.0;
        for (var e = part; e < D; e += PARTS) {
            own_sum += y[y_row + e] * rows_b[row * D + e];
        }
        let sum_y_dy = sum_of_row(own_sum, invocation);
        if part == 0u {
            sum_pq_dpq[row] = sum_y_dy / params.scale;
        }
        workgroupBarrier();
        for (var i = invocation; i < TILE_ELEMENTS; i += WORKGROUP_SIZE) {
            let position = first + i / D;
            if position < positions {
                let row = (i / D) * D;
                let d = i % D;
                var dpq = 0.0; // divided by D^-1/2, by which rows_a is multiplied
                var dpk = 0.0;
                var dv = 0.0;
                for (var e = 0u; e < D; e += 1u) {
                    dpq += rows_b[row + e] * context[(number * D + e) * D + d];
                    dpk += rows_v[row + e] * dcontext[d * (D + 1u) + e];
                    dv += rows_k[row + e] * dcontext[e * (D + 1u) + d];
                }
                dqkv[qkv_start(sample, positions, position, 0u, head) + d] = rows_a[i] * (dpq - sum_pq_dpq[i / D]);
                dqkv[qkv_start(sample, positions, position, 1u, head) + d] = rows_k[i] * (dpk - sum_pk_dpk[d]);
                dqkv[qkv_start(sample, positions, position, 2u, head) + d] = dv;
            }
        }
    }
}
