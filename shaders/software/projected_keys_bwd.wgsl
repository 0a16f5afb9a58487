// dWk = x^T dkey and dx = k dweighted + dkey Wk^T, for one sample; eight lanes each. For software Vulkan alone, see README.md.
// With k = softmax_L(x Wk) and weighted = k^T x:
//
// dk = x dweighted^T, dkey = k (dk - sum_L(k dk)), where sum_L(k dk) is the sum over channels of weighted dweighted.
//
// The side of keys and values of projected linear attention. Adds the dx of all heads, and dx_queries of projected_queries_bwd.
{% from "software/projected_head.wgsl" import by_position, zeros, project, add_outer, add_mixed, transposed_by_channel -%}
{% from "software/eight_lanes.wgsl" import unit -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>; // [N, heads, 2, 32]: max, sum of exponentials
@group(0) @binding(3) var<storage, read> dweighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(4) var<storage, read> sum_k_dk: array<vec4<f32>>; // [N, heads, 32]
@group(0) @binding(5) var<storage, read> dx_queries: array<Row>; // [N, heads, L, C]
@group(0) @binding(6) var<storage, read_write> dw_qkv: array<vec4<f32>>; // [N, C, 3, heads, 32]: dWk
@group(0) @binding(7) var<storage, read_write> dx: array<Row>; // [N, L, C]

{% include "shared/index.wgsl" %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) invocation: u32,
) {
    {{ unit("sample", "params.samples", lanes) }}
    let row = weights_row();
    for (var head = 0u; head < params.heads; head += 1u) {
        let number = sample * params.heads + head;
        let columns = (params.heads + head) * 8u;
{%- for c in range(channels) %}
        let w{{ c }} = w_qkv[{{ c }}u * row + columns + lane];
        let dweighted{{ c }} = dweighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane];
{%- endfor %}
        {{ transposed_by_channel("wk_t", "w_qkv", "columns", "row", channels) }}
        {{ transposed_by_channel("dweighted_t", "dweighted", "number * " ~ 8 * channels ~ "u", "8u", channels) }}
        let max_key = keys[number * 16u + lane];
        let inverse_sum = 1.0 / keys[number * 16u + 8u + lane];
        let head_sum_k_dk = sum_k_dk[number * 8u + lane];
        {{ zeros("dw", channels, "vec4<f32>") }}
        for (var first = 0u; first < params.positions; first += {{ block }}u) {
            let position = sample * params.positions + first;
            {{ by_position("x", "x", "position * QUADS", channels, block) }}
            {{ project("key", "x", "w", channels, block, lanes) }}
            {{ project("dk", "x", "dweighted", channels, block, lanes) }}
{%- for l in range(block) %}
            let k{{ l }} = inverse_sum * exp(key{{ l }} - max_key);
            let dkey{{ l }} = k{{ l }} * (dk{{ l }} - head_sum_k_dk);
{%- endfor %}
            {{ add_outer("dw", "x", "dkey", channels, block, lanes) }}
{%- for l in range(block) %}
            var dx{{ l }} = dx_queries[(number * params.positions + first + {{ l }}u) * 8u + lane] + select(Row(), dx[(position + {{ l }}u) * 8u + lane], head > 0u);
{%- endfor %}
            {{ add_mixed("dx", "k", "dweighted_t", block, lanes) }}
            {{ add_mixed("dx", "dkey", "wk_t", block, lanes) }}
{%- for l in range(block) %}
            dx[(position + {{ l }}u) * 8u + lane] = dx{{ l }};
{%- endfor %}
        }
{%- for c in range(channels) %}
        dw_qkv[sample * {{ channels }}u * row + {{ c }}u * row + columns + lane] = dw{{ c }};
{%- endfor %}
    }
}
