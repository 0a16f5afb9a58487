// The gradient to q, k and v of one sample and head; a workgroup each. With q and k the probabilities, q scaled:
// dcontext = q^T dy, dv = k dcontext, and through each softmax dx_i = p_i (dp_i - sum(p dp)).
{% set entries = (depth * depth + 255) // 256 %}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read> y: array<f32>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read> context: array<f32>; // [N, heads, D, D]
@group(0) @binding(3) var<storage, read> keys: array<f32>; // [N, heads, 2, D]: largest key, sum of powers
@group(0) @binding(4) var<storage, read> dy: array<f32>; // [N, L, heads, D]
@group(0) @binding(5) var<storage, read_write> dqkv: array<f32>; // [N, L, 3, heads, D]

{% include "shared/index.wgsl" %}
{% include "shared/linear_attention.wgsl" %}

var<workgroup> rows_k: array<f32, {{ depth * tile }}>;
var<workgroup> rows_v: array<f32, {{ depth * tile }}>;
var<workgroup> along: array<f32, {{ tile }}>;

// rows_b = dy of the positions from `first` on, zeros past the end.
fn load_gradients(sample: u32, head: u32, first: u32, lane: u32) {
    for (var i = lane; i < PER_ROW; i += LANES) {
        let position = first + i / D;
        var gradient = 0.0;
        if position < params.positions {
            gradient = dy[((sample * params.positions + position) * params.heads + head) * D + i % D];
        }
        rows_b[i] = gradient;
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.heads {
        return;
    }
    let sample = number / params.heads;
    let head = number - sample * params.heads;
{% for j in range(entries) %}
    let entry{{ j }} = min(lane + {{ 256 * j }}u, D * D - 1u);
    let row{{ j }} = entry{{ j }} / D;
    let column{{ j }} = entry{{ j }} % D;
    var sum{{ j }} = 0.0;
{% endfor %}
    for (var first = 0u; first < params.positions; first += TILE) {
        load_queries(sample, head, first, lane);
        load_gradients(sample, head, first, lane);
        workgroupBarrier();
        for (var r = 0u; r < PER_ROW; r += D) {
{% for j in range(entries) %}
            sum{{ j }} += rows_a[r + row{{ j }}] * rows_b[r + column{{ j }}];
{% endfor %}
        }
        workgroupBarrier();
    }
{% for j in range(entries) %}
    if lane + {{ 256 * j }}u < D * D {
        matrix[entry{{ j }}] = sum{{ j }};
    }
{% endfor %}
    workgroupBarrier();
    // sum over positions of k dk, per channel: the diagonal of context dcontext^T.
    if lane < D {
        var diagonal = 0.0;
        for (var e = 0u; e < D; e += 1u) {
            diagonal += context[(number * D + lane) * D + e] * matrix[lane * D + e];
        }
        per_column[lane] = diagonal;
    }
    for (var first = 0u; first < params.positions; first += TILE) {
        workgroupBarrier();
        load_queries(sample, head, first, lane);
        load_gradients(sample, head, first, lane);
        for (var i = lane; i < PER_ROW; i += LANES) {
            let position = first + i / D;
            var key = 0.0;
            var value = 0.0;
            if position < params.positions {
                let powers = keys[(number * 2u + 1u) * D + i % D];
                key = exp(qkv[place(sample, position, 1u, head) + i % D] - keys[number * 2u * D + i % D]) / powers;
                value = qkv[place(sample, position, 2u, head) + i % D];
            }
            rows_k[i] = key;
            rows_v[i] = value;
        }
        workgroupBarrier();
        // sum over channels of softmax(q) times its gradient, which is that of y dy over the scale.
        if lane < TILE {
            var total = 0.0;
            if first + lane < params.positions {
                let row = ((sample * params.positions + first + lane) * params.heads + head) * D;
                for (var e = 0u; e < D; e += 1u) {
                    total += y[row + e] * rows_b[lane * D + e];
                }
            }
            along[lane] = total / params.scale;
        }
        workgroupBarrier();
        for (var i = lane; i < PER_ROW; i += LANES) {
            let position = first + i / D;
            if position < params.positions {
                let row = (i / D) * D;
                let d = i % D;
                var dq = 0.0;
                var dk = 0.0;
                var dv = 0.0;
                for (var e = 0u; e < D; e += 1u) {
                    dq += rows_b[row + e] * context[(number * D + d) * D + e];
                    dk += rows_v[row + e] * matrix[d * D + e];
                    dv += rows_k[row + e] * matrix[e * D + d];
                }
                dqkv[place(sample, position, 0u, head) + d] = rows_a[i] * (dq - along[i / D]);
                dqkv[place(sample, position, 1u, head) + d] = rows_k[i] * (dk - per_column[d]);
                dqkv[place(sample, position, 2u, head) + d] = dv;
            }
        }
    }
}
