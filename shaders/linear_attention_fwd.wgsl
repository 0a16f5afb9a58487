// y = D^-1/2 softmax_D(q) context, context = softmax_L(k)^T v, for one sample and head; a workgroup each.
{% set entries = (depth * depth + 255) // 256 %}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> qkv: array<f32>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read_write> context: array<f32>; // [N, heads, D, D]
@group(0) @binding(3) var<storage, read_write> keys: array<f32>; // [N, heads, 2, D]: largest key, sum of powers

{% include "shared/index.wgsl" %}
{% include "shared/linear_attention.wgsl" %}

var<workgroup> partial: array<f32, 256>;

// The largest key of every channel over all positions, to per_column.
fn largest_keys(sample: u32, head: u32, lane: u32) {
    let d = lane % {{ column_lanes }}u;
    var largest = -3.4e38;
    if d < D {
        for (var l = lane / {{ column_lanes }}u; l < params.positions; l += LANES / {{ column_lanes }}u) {
            largest = max(largest, qkv[place(sample, l, 1u, head) + d]);
        }
    }
    partial[lane] = largest;
    workgroupBarrier();
    if lane < D {
        for (var part = lane + {{ column_lanes }}u; part < LANES; part += {{ column_lanes }}u) {
            largest = max(largest, partial[part]);
        }
        per_column[lane] = largest;
    }
    workgroupBarrier();
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
    largest_keys(sample, head, lane);
{% for j in range(entries) %}
    let entry{{ j }} = min(lane + {{ 256 * j }}u, D * D - 1u);
    let row{{ j }} = entry{{ j }} / D;
    let column{{ j }} = entry{{ j }} % D;
    var sum{{ j }} = 0.0;
{% endfor %}
    var powers = 0.0;
    for (var first = 0u; first < params.positions; first += TILE) {
        for (var i = lane; i < PER_ROW; i += LANES) {
            let position = first + i / D;
            var key = 0.0;
            var value = 0.0;
            if position < params.positions {
                key = exp(qkv[place(sample, position, 1u, head) + i % D] - per_column[i % D]);
                value = qkv[place(sample, position, 2u, head) + i % D];
            }
            rows_a[i] = key;
            rows_b[i] = value;
        }
        workgroupBarrier();
        for (var r = 0u; r < PER_ROW; r += D) {
{% for j in range(entries) %}
            sum{{ j }} += rows_a[r + row{{ j }}] * rows_b[r + column{{ j }}];
{% endfor %}
        }
        if lane < D {
            for (var r = lane; r < PER_ROW; r += D) {
                powers += rows_a[r];
            }
        }
        workgroupBarrier();
    }
    if lane < D {
        keys[number * 2u * D + lane] = per_column[lane];
        keys[(number * 2u + 1u) * D + lane] = powers;
        per_column[lane] = powers;
    }
    workgroupBarrier();
{% for j in range(entries) %}
    if lane + {{ 256 * j }}u < D * D {
        let share{{ j }} = sum{{ j }} / per_column[row{{ j }}];
        matrix[entry{{ j }}] = share{{ j }};
        context[number * D * D + entry{{ j }}] = share{{ j }};
    }
{% endfor %}
    for (var first = 0u; first < params.positions; first += TILE) {
        workgroupBarrier();
        load_queries(sample, head, first, lane);
        workgroupBarrier();
        for (var i = lane; i < PER_ROW; i += LANES) {
            let position = first + i / D;
            if position < params.positions {
                var value = 0.0;
                for (var d = 0u; d < D; d += 1u) {
                    value += rows_a[(i / D) * D + d] * matrix[d * D + i % D];
                }
                y[((sample * params.positions + position) * params.heads + head) * D + i % D] = value;
            }
        }
    }
}
