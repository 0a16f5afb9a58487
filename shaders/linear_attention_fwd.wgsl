// y = D^-1/2 softmax_D(q) context, context = softmax_L(k)^T v, for one sample and head; one workgroup each.
{% set entries = (depth * depth + 255) // 256 %}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read_write> context: array<f32>; // [N, heads, D of v, D of k]
@group(0) @binding(3) var<storage, read_write> key_stats: array<f32>; // [N, heads, 2, D]: max_L(k), sum_L(exp(k - max))

{% include "shared/index.wgsl" %}
{% include "shared/linear_attention.wgsl" %}

// The largest key first, then sum_exp_k.
var<workgroup> per_channel: array<f32, {{ depth }}>;
var<workgroup> shared_context: array<f32, {{ depth * depth }}>;

// per_channel = max_L(k).
fn find_max_keys(sample: u32, positions: u32, head: u32, invocation: u32) {
    let d = invocation % {{ padded_depth }}u;
    var max_k = -3.4e38;
    if d < D {
        for (var l = invocation / {{ padded_depth }}u; l < positions; l += WORKGROUP_SIZE / {{ padded_depth }}u) {
            max_k = max(max_k, qkv[qkv_start(sample, positions, l, 1u, head) + d]);
        }
    }
    partials[invocation] = max_k;
    workgroupBarrier();
    if invocation < D {
        for (var part = invocation + {{ padded_depth }}u; part < WORKGROUP_SIZE; part += {{ padded_depth }}u) {
            max_k = max(max_k, partials[part]);
        }
        per_channel[invocation] = max_k;
    }
    workgroupBarrier();
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
    find_max_keys(sample, positions, head, invocation);
{% for j in range(entries) %}
    let entry{{ j }} = min(invocation + {{ 256 * j }}u, D * D - 1u);
    let row{{ j }} = entry{{ j }} / D;
    let column{{ j }} = entry{{ j }} % D;
    var sum{{ j }} = 0.0;
{% endfor %}
    var sum_exp_k = 0.0;
    for (var first = 0u; first < positions; first += TILE) {
        for (var i = invocation; i < TILE_ELEMENTS; i += WORKGROUP_SIZE) {
            let position = first + i / D;
            var exp_k = 0.0;
            var v = 0.0;
            if position < positions {
                exp_k = exp(qkv[qkv_start(sample, positions, position, 1u, head) + i % D] - per_channel[i % D]);
                v = qkv[qkv_start(sample, positions, position, 2u, head) + i % D];
            }
            rows_a[i] = exp_k;
            rows_b[i] = v;
        }
        workgroupBarrier();
        for (var r = 0u; r < TILE_ELEMENTS; r += D) {
{% for j in range(entries) %}
            sum{{ j }} += rows_a[r + row{{ j }}] * rows_b[r + column{{ j }}];
{% endfor %}
        }
        if invocation < D {
            for (var r = invocation; r < TILE_ELEMENTS; r += D) {
                sum_exp_k += rows_a[r];
            }
        }
        workgroupBarrier();
    }
    if invocation < D {
        key_stats[number * 2u * D + invocation] = per_channel[invocation];
        key_stats[(number * 2u + 1u) * D + invocation] = sum_exp_k;
        per_channel[invocation] = sum_exp_k;
    }
    workgroupBarrier();
{% for j in range(entries) %}
    if invocation + {{ 256 * j }}u < D * D {
        let context{{ j }} = sum{{ j }} / per_channel[row{{ j }}];
        shared_context[entry{{ j }}] = context{{ j }};
        context[(number * D + column{{ j }}) * D + row{{ j }}] = context{{ j }};
    }
{% endfor %}
    for (var first = 0u; first < positions; first += TILE) {
        workgroupBarrier();
        load_queries(sample, positions, head, first, invocation);
        workgroupBarrier();
        for (var i = invocation; i < TILE_ELEMENTS; i += WORKGROUP_SIZE) {
            let position = first + i / D;
            if position < positions {
                var sum = 0.0;
                for (var d = 0u; d < D; d += 1u) {
                    sum += rows_a[(i / D) * D + d] * shared_context[d * D + i % D];
                }
                y[((sample * positions + position) * params.heads + head) * D + i % D] = sum;
            }
        }
    }
}
