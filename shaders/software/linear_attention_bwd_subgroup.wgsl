// Gradients of q, k and v for one sample and head of D = 32; eight lanes each. For software Vulkan alone, see README.md.
// With pq = softmax_D(q) and pk = softmax_L(k):
// dcontext = D^-1/2 pq^T dy, dpq = D^-1/2 dy context^T, dpk = v dcontext^T, dv = pk dcontext,
// dq = pq (dpq - sum_D(pq dpq)), and dk = pk (dpk - sum_L(pk dpk)), where sum_L(pk dpk) is the diagonal of context dcontext^T.
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
@group(0) @binding(1) var<storage, read> context: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>; // [N, heads, 2, D]: max, sum of exponentials
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>; // [N, L, heads, D]
@group(0) @binding(4) var<storage, read_write> dcontext: array<vec4<f32>>; // [N, heads, D, D]
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4<f32>>; // [N, L, 3, heads, D]

{% include "shared/index.wgsl" %}

{{ reductions("f32") }}

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

    // pq, and then pk, are kept in dqkv, in the place of the gradients of q and k.
    {{ zeros("dcontext", 32) }}
    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + 3u * min(first + lane, last) * stride;
        let prefetched = {{ prefetch("dy", "y_base + min(first + lane, last) * stride") }};
        {{ by_position("query", "qkv", "own") }}
        {{ softmax("pq", "query", "prefetched") }}
        if first + lane <= last {
{% for i in range(8) %}
            dqkv[own + {{ i }}u] = pq{{ i }};
{% endfor %}
        }
        let scale = select(0.0, params.scale, first + lane <= last);
{% for i in range(8) %}
        let scaled_pq{{ i }} = scale * pq{{ i }};
{% endfor %}
{% for l in range(8) %}
        let gradient{{ l }} = dy[y_base + min(first + {{ l }}u, last) * stride + lane];
{% endfor %}
        {{ add_outer("dcontext", "scaled_pq", "gradient", lanes) }}
    }
{% for i in range(32) %}
    dcontext[(number * 32u + {{ i }}u) * 8u + lane] = dcontext{{ i }};
{% endfor %}

{% for i in range(8) %}
    let max_key{{ i }} = keys[number * 16u + {{ i }}u];
    let scale{{ i }} = 1.0 / keys[number * 16u + {{ 8 + i }}u];
{% endfor %}
    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + (3u * min(first + lane, last) + 1u) * stride;
        {{ by_position("key", "qkv", "own") }}
{% for i in range(8) %}
        let pk{{ i }} = scale{{ i }} * exp(key{{ i }} - max_key{{ i }});
{% endfor %}
        if first + lane <= last {
{% for i in range(8) %}
            dqkv[own + {{ i }}u] = pk{{ i }};
{% endfor %}
        }
        {{ product("dv", "pk", "dcontext", lanes) }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            dqkv[qkv_base + (3u * (first + {{ l }}u) + 2u) * stride + lane] = dv{{ l }};
        }
{% endfor %}
    }

    // context^T and dcontext^T, transposed in blocks of 4 x 4.
    storageBarrier();
    let block = (number * 32u + 4u * lane) * 8u;
    var sum_pk_dpk = vec4<f32>();
{% for matrix, source in [("context", "context"), ("dcontext", "dcontext")] %}
{% for b in range(8) %}
    let {{ matrix }}_block{{ b }} = transpose(mat4x4<f32>({% for r in range(4) %}{{ source }}[block + {{ 8 * r + b }}u]{% if not loop.last %}, {% endif %}{% endfor %}));
{% for r in range(4) %}
    {% if matrix == "context" %}let context_t{{ 4 * b + r }}{% else %}dcontext{{ 4 * b + r }}{% endif %} = {{ matrix }}_block{{ b }}[{{ r }}];
{% endfor %}
{% endfor %}
{% endfor %}
{% for i in range(32) %}
    sum_pk_dpk += context_t{{ i }} * dcontext{{ i }};
{% endfor %}

    for (var first = 0u; first < params.positions; first += 8u) {
        let own = y_base + min(first + lane, last) * stride;
        {{ by_position("gradient", "dy", "own") }}
        {{ product("dpq", "gradient", "context_t", lanes) }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            let at = qkv_base + 3u * (first + {{ l }}u) * stride + lane;
            let pq = dqkv[at];
            let p_dp = pq * dpq{{ l }};
            let sum_p_dp = sum_of_eight((p_dp.x + p_dp.y) + (p_dp.z + p_dp.w), invocation);
            dqkv[at] = params.scale * pq * (dpq{{ l }} - sum_p_dp);
        }
{% endfor %}
    }
    for (var first = 0u; first < params.positions; first += 8u) {
        let own = qkv_base + (3u * min(first + lane, last) + 2u) * stride;
        {{ by_position("value", "qkv", "own") }}
        {{ product("dpk", "value", "dcontext", lanes) }}
{% for l in range(8) %}
        if first + {{ l }}u <= last {
            dqkv[qkv_base + (3u * (first + {{ l }}u) + 1u) * stride + lane] *= dpk{{ l }} - sum_pk_dpk;
        }
{% endfor %}
    }
}
