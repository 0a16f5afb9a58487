// y = D^-1/2 softmax_D(q) context, context = softmax_L(k)^T v, for one sample and head of D = 32; a subgroup each.
// For software Vulkan alone, see README.md.
{% from "software/head_of_32.wgsl" import by_position, zeros, ahead, softmax, add_outer, product -%}
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, L, heads, D]
@group(0) @binding(2) var<storage, read_write> context: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(3) var<storage, read_write> keys: array<vec4<f32>>; // [N, heads, 2, D]: largest key, sum of powers

{% include "shared/index.wgsl" %}

@compute @workgroup_size(8)
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
    // In fours of channels: a pixel of one of q, k, v and y, and the head's place in the first pixel of qkv and of y.
    let pixel = params.heads * 8u;
    let packed = sample * params.positions * 3u * pixel + head * 8u;
    let plain = sample * params.positions * pixel + head * 8u;
    let last = params.positions - 1u;

{% for i in range(8) %}
    var largest{{ i }} = vec4<f32>(-3.4e38);
{% endfor %}
    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + 3u * min(first + lane, last) * pixel;
        {{ by_position("key", "qkv", "mine + pixel") }}
{% for i in range(8) %}
        largest{{ i }} = max(largest{{ i }}, key{{ i }});
{% endfor %}
    }
{% for i in range(8) %}
    largest{{ i }} = subgroupMax(largest{{ i }});
{% endfor %}

    {{ zeros("powers", 8) }}
    {{ zeros("context", 32) }}
    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + 3u * min(first + lane, last) * pixel;
        let counts = f32(first + lane <= last);
        let below = {{ ahead("qkv", "mine + 2u * pixel") }};
        {{ by_position("key", "qkv", "mine + pixel") }}
{% for i in range(8) %}
        let power{{ i }} = counts * exp(key{{ i }} - max(largest{{ i }}, vec4<f32>(below)));
        powers{{ i }} += power{{ i }};
{% endfor %}
{% for l in range(8) %}
        let value{{ l }} = qkv[packed + (3u * min(first + {{ l }}u, last) + 2u) * pixel + lane];
{% endfor %}
        {{ add_outer("context", "power", "value") }}
    }
{% for i in range(8) %}
    powers{{ i }} = subgroupAdd(powers{{ i }});
    let share{{ i }} = 1.0 / powers{{ i }};
    if lane == {{ i }}u {
        keys[number * 16u + {{ i }}u] = largest{{ i }};
        keys[number * 16u + {{ 8 + i }}u] = powers{{ i }};
    }
{% endfor %}
{% for i in range(32) %}
    context{{ i }} *= share{{ i // 4 }}[{{ i % 4 }}];
    context[(number * 32u + {{ i }}u) * 8u + lane] = context{{ i }};
    context{{ i }} *= params.scale;
{% endfor %}

    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + 3u * min(first + lane, last) * pixel;
        {{ by_position("query", "qkv", "mine") }}
        {{ softmax("p", "query", "-3.4e38") }}
        {{ product("value", "p", "context") }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            y[plain + (first + {{ l }}u) * pixel + lane] = value{{ l }};
        }
{% endfor %}
    }
}
