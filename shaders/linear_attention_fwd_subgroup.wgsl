// y = D^-1/2 softmax_D(q) context, context = softmax_L(k)^T v, for one sample and head of D = 32; a subgroup each.
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
{% include "shared/head_of_32.wgsl" %}

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
    // In fours of channels: a pixel of one of q, k, v and y, and this lane's place in the first pixel of qkv and of y.
    let pixel = params.heads * 8u;
    let packed = sample * params.positions * 3u * pixel + head * 8u + lane;
    let plain = sample * params.positions * pixel + head * 8u + lane;

    var largest = vec4<f32>(-3.4e38);
    for (var l = 0u; l < params.positions; l += 1u) {
        largest = max(largest, qkv[packed + (3u * l + 1u) * pixel]);
    }

    var powers = vec4<f32>();
{% for i in range(32) %}
    var context{{ i }} = vec4<f32>();
{% endfor %}
    for (var l = 0u; l < params.positions; l += 1u) {
        let key = exp(qkv[packed + (3u * l + 1u) * pixel] - largest);
        let value = qkv[packed + (3u * l + 2u) * pixel];
        powers += key;
{% for i in range(32) %}
        context{{ i }} += subgroupBroadcast(key[{{ i % 4 }}], {{ i // 4 }}u) * value;
{% endfor %}
    }
    keys[number * 16u + lane] = largest;
    keys[number * 16u + 8u + lane] = powers;
    let share = 1.0 / powers;
{% for i in range(32) %}
    context{{ i }} *= subgroupBroadcast(share[{{ i % 4 }}], {{ i // 4 }}u);
    context[(number * 32u + {{ i }}u) * 8u + lane] = context{{ i }};
{% endfor %}

    for (var l = 0u; l < params.positions; l += 1u) {
        let query = params.scale * softmax(qkv[packed + 3u * l * pixel]);
        var value = vec4<f32>();
        var value_odd = vec4<f32>();
{% for i in range(0, 32, 2) %}
        value += subgroupBroadcast(query[{{ i % 4 }}], {{ i // 4 }}u) * context{{ i }};
        value_odd += subgroupBroadcast(query[{{ (i + 1) % 4 }}], {{ i // 4 }}u) * context{{ i + 1 }};
{% endfor %}
        value += value_odd;
        y[plain + l * pixel] = value;
    }
}
