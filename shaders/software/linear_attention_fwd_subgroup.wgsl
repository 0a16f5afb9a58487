// y = D^-1/2 softmax_D(q) context, context = softmax_L(k)^T v, for one sample and head of D = 32; eight lanes each.
// For software Vulkan alone, see README.md.
{% from "software/head_of_32.wgsl" import by_position, zeros, prefetch, softmax, add_outer, product -%}
{% from "software/eight_lanes.wgsl" import unit, reductions -%}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read_write> context: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(3) var<storage, read_write> keys: array<vec4<f32>>; // [N, heads, 2, D]: max, sum of exponentials

{% include "shared/index.wgsl" %}

{{ reductions("vec4<f32>") }}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) invocation: u32,
) {
    if workgroup_number(workgroup, grid) * {{ lanes // 8 }}u >= params.samples * params.heads {
        return;
    }
    {{ unit("number", "(params.samples * params.heads)", lanes) }}
    let sample = number / params.heads;
    let head = number - sample * params.heads;
    // In quads of channels: from one position of y to the next, which is a third of the same in qkv, and the head's offset in the
    // sample's first position of each.
    let stride = params.heads * 8u;
    let qkv_base = sample * params.positions * 3u * stride + head * 8u;
    let y_base = sample * params.positions * stride + head * 8u;
    let last = params.positions - 1u;

{% for i in range(8) %}
    var max_key{{ i }} = vec4<f32>(-3.4e38);
{% endfor %}
    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + 3u * min(first + lane, last) * stride;
        {{ by_position("key", "qkv", "own + stride") }}
{% for i in range(8) %}
        max_key{{ i }} = max(max_key{{ i }}, key{{ i }});
{% endfor %}
    }
{% for i in range(8) %}
    max_key{{ i }} = max_of_eight(max_key{{ i }}, invocation);
{% endfor %}

    {{ zeros("sum_exp", 8) }}
    {{ zeros("context", 32) }}
    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + 3u * min(first + lane, last) * stride;
        let counted = f32(first + lane <= last);
        let prefetched = {{ prefetch("qkv", "own + 2u * stride") }};
        {{ by_position("key", "qkv", "own + stride") }}
{% for i in range(8) %}
        let exp_key{{ i }} = counted * exp(key{{ i }} - max(max_key{{ i }}, vec4<f32>(prefetched)));
        sum_exp{{ i }} += exp_key{{ i }};
{% endfor %}
{% for l in range(8) %}
        let value{{ l }} = qkv[qkv_base + (3u * min(first + {{ l }}u, last) + 2u) * stride + lane];
{% endfor %}
        {{ add_outer("context", "exp_key", "value", lanes) }}
    }
{% for i in range(8) %}
    sum_exp{{ i }} = sum_of_eight(sum_exp{{ i }}, invocation);
    let scale{{ i }} = 1.0 / sum_exp{{ i }};
    if lane == {{ i }}u {
        keys[number * 16u + {{ i }}u] = max_key{{ i }};
        keys[number * 16u + {{ 8 + i }}u] = sum_exp{{ i }};
    }
{% endfor %}
{% for i in range(32) %}
    context{{ i }} *= scale{{ i // 4 }}[{{ i % 4 }}];
    context[(number * 32u + {{ i }}u) * 8u + lane] = context{{ i }};
    context{{ i }} *= params.scale;
{% endfor %}

    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + 3u * min(first + lane, last) * stride;
        {{ by_position("query", "qkv", "own") }}
        {{ softmax("pq", "query", "-3.4e38") }}
        {{ product("y", "pq", "context", lanes) }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            y[y_base + (first + {{ l }}u) * stride + lane] = y{{ l }};
        }
{% endfor %}
    }
}
