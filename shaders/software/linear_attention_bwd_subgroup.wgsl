// The gradient to q, k and v of one sample and head of D = 32; a subgroup each. With q and k the probabilities, q scaled:
// dcontext = q^T dy, dv = k dcontext, and through each softmax dx_i = p_i (dp_i - sum(p dp)).
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
@group(0) @binding(1) var<storage, read> context: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>; // [N, heads, 2, D]: largest key, sum of powers
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>; // [N, L, heads, D]
@group(0) @binding(4) var<storage, read_write> dcontext: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4<f32>>; // [N, L, 3, heads, D]

{% include "shared/index.wgsl" %}

// The sum of the lanes' four values each.
fn sum_of(x: vec4<f32>) -> f32 {
    return subgroupAdd((x.x + x.y) + (x.z + x.w));
}

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

    // The probabilities of q, and then of k, are kept in dqkv where their gradients will be.
    {{ zeros("outer", 32) }}
    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + 3u * min(first + lane, last) * pixel;
        let below = {{ ahead("dy", "plain + min(first + lane, last) * pixel") }};
        {{ by_position("query", "qkv", "mine") }}
        {{ softmax("p", "query", "below") }}
        if first + lane <= last {
{% for i in range(8) %}
            dqkv[mine + {{ i }}u] = p{{ i }};
{% endfor %}
        }
        let weight = select(0.0, params.scale, first + lane <= last);
{% for i in range(8) %}
        let weighted{{ i }} = weight * p{{ i }};
{% endfor %}
{% for l in range(8) %}
        let gradient{{ l }} = dy[plain + min(first + {{ l }}u, last) * pixel + lane];
{% endfor %}
        {{ add_outer("outer", "weighted", "gradient") }}
    }
{% for i in range(32) %}
    dcontext[(number * 32u + {{ i }}u) * 8u + lane] = outer{{ i }};
{% endfor %}

{% for i in range(8) %}
    let largest{{ i }} = keys[number * 16u + {{ i }}u];
    let share{{ i }} = 1.0 / keys[number * 16u + {{ 8 + i }}u];
{% endfor %}
    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + (3u * min(first + lane, last) + 1u) * pixel;
        {{ by_position("key", "qkv", "mine") }}
{% for i in range(8) %}
        let p{{ i }} = share{{ i }} * exp(key{{ i }} - largest{{ i }});
{% endfor %}
        if first + lane <= last {
{% for i in range(8) %}
            dqkv[mine + {{ i }}u] = p{{ i }};
{% endfor %}
        }
        {{ product("value", "p", "outer") }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            dqkv[packed + (3u * (first + {{ l }}u) + 2u) * pixel + lane] = value{{ l }};
        }
{% endfor %}
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

    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = plain + min(first + lane, last) * pixel;
        {{ by_position("gradient", "dy", "mine") }}
        {{ product("query", "gradient", "across") }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            let at = packed + 3u * (first + {{ l }}u) * pixel + lane;
            let p = dqkv[at];
            dqkv[at] = params.scale * p * (query{{ l }} - sum_of(p * query{{ l }}));
        }
{% endfor %}
    }
    for (var first = 0u; first < params.positions; first += 8u) {
        let mine = packed + (3u * min(first + lane, last) + 2u) * pixel;
        {{ by_position("value", "qkv", "mine") }}
        {{ product("key", "value", "outer") }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            dqkv[packed + (3u * (first + {{ l }}u) + 1u) * pixel + lane] *= key{{ l }} - diagonal;
        }
{% endfor %}
    }
}
