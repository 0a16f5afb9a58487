// The gradient to q, k and v of one sample and head of D = 32; a subgroup each. With q and k the probabilities, q scaled:
// dcontext = q^T dy, dv = k dcontext, and through each softmax dx_i = p_i (dp_i - sum(p dp)).
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    scale: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>; // [N, L, 3, heads, D]
@group(0) @binding(1) var<storage, read> context: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>; // [N, heads, 2, D]: largest key, sum of powers
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>; // [N, L, heads, D]
@group(0) @binding(4) var<storage, read_write> dcontext: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4<f32>>; // [N, L, 3, heads, D]

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

{% for i in range(32) %}
    var outer{{ i }} = vec4<f32>();
{% endfor %}
    for (var l = 0u; l < params.positions; l += 1u) {
        let query = params.scale * softmax(qkv[packed + 3u * l * pixel]);
        let gradient = dy[plain + l * pixel];
{% for i in range(32) %}
        outer{{ i }} += subgroupBroadcast(query[{{ i % 4 }}], {{ i // 4 }}u) * gradient;
{% endfor %}
    }
{% for i in range(32) %}
    dcontext[(number * 32u + {{ i }}u) * 8u + lane] = outer{{ i }};
{% endfor %}

    let largest = keys[number * 16u + lane];
    let share = 1.0 / keys[number * 16u + 8u + lane];
    for (var l = 0u; l < params.positions; l += 1u) {
        let key = share * exp(qkv[packed + (3u * l + 1u) * pixel] - largest);
        var value = vec4<f32>();
        var value_odd = vec4<f32>();
{% for i in range(0, 32, 2) %}
        value += subgroupBroadcast(key[{{ i % 4 }}], {{ i // 4 }}u) * outer{{ i }};
        value_odd += subgroupBroadcast(key[{{ (i + 1) % 4 }}], {{ i // 4 }}u) * outer{{ i + 1 }};
{% endfor %}
        value += value_odd;
        dqkv[packed + (3u * l + 2u) * pixel] = value;
    }

    // The transposed matrices, in blocks of 4 x 4.
    storageBarrier();
    let block = (number * 32u + 4u * lane) * 8u;
    var diagonal = vec4<f32>();
{% for matrix, source in [("context", "context"), ("outer", "dcontext")] %}
{% for b in range(8) %}
    let {{ matrix }}_block{{ b }} = transpose(mat4x4<f32>({% for r in range(4) %}{{ source }}[block + {{ 8 * r + b }}u]{% if not loop.last %}, {% endif %}{% endfor %}));
{% for r in range(4) %}
    {% if matrix == "context" %}let across{{ 4 * b + r }}{% else %}outer{{ 4 * b + r }}{% endif %} = {{ matrix }}_block{{ b }}[{{ r }}];
{% endfor %}
{% endfor %}
{% endfor %}
{% for i in range(32) %}
    diagonal += across{{ i }} * outer{{ i }};
{% endfor %}

    for (var l = 0u; l < params.positions; l += 1u) {
        let gradient = dy[plain + l * pixel];
        var query = vec4<f32>();
        var query_odd = vec4<f32>();
{% for i in range(0, 32, 2) %}
        query += subgroupBroadcast(gradient[{{ i % 4 }}], {{ i // 4 }}u) * across{{ i }};
        query_odd += subgroupBroadcast(gradient[{{ (i + 1) % 4 }}], {{ i // 4 }}u) * across{{ i + 1 }};
{% endfor %}
        query += query_odd;
        let p = softmax(qkv[packed + 3u * l * pixel]);
        dqkv[packed + 3u * l * pixel] = params.scale * p * (query - sum_of(p * query));
    }
    for (var l = 0u; l < params.positions; l += 1u) {
        let value = qkv[packed + (3u * l + 2u) * pixel];
        var key = vec4<f32>();
        var key_odd = vec4<f32>();
{% for i in range(0, 32, 2) %}
        key += subgroupBroadcast(value[{{ i % 4 }}], {{ i // 4 }}u) * outer{{ i }};
        key_odd += subgroupBroadcast(value[{{ (i + 1) % 4 }}], {{ i // 4 }}u) * outer{{ i + 1 }};
{% endfor %}
        key += key_odd;
        let p = share * exp(qkv[packed + (3u * l + 1u) * pixel] - largest);
        dqkv[packed + (3u * l + 1u) * pixel] = p * (key - diagonal);
    }
}
