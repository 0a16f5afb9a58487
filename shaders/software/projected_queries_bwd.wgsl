// dx = dq Wq^T, dWq = x^T dq, dWo = context^T dmixed, dWv = weighted^T dcontext and dweighted = dcontext Wv^T, for one sample and head
// of 32; eight lanes each. For software Vulkan alone, see README.md. With p = softmax_D(x Wq), context = weighted Wv and
// mixed = scale context Wo:
//
// dp = dy mixed^T, dq = p (dp - sum_D(p dp)), dmixed = scale p^T dy, dcontext = dmixed Wo^T.
//
// The side of the queries of projected linear attention, and the projections of values and output. The bias's gradient is the sum of dy
// over positions. A softmax sums to 1, so it is the sum of p^T dy over the head's channels.
{% from "software/projected_head.wgsl" import by_position, zeros, project, softmax, add_outer, add_mixed, transposed_by_depth, transposed_by_channel -%}
{% from "software/eight_lanes.wgsl" import unit, plus_half -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(2) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(3) var<storage, read> w_out: array<vec4<f32>>; // [heads, 32, C]
@group(0) @binding(4) var<storage, read> mixed: array<vec4<f32>>; // [N, heads, 32, C]
@group(0) @binding(5) var<storage, read> weighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(6) var<storage, read_write> dx: array<Row>; // [N, heads, L, C]
@group(0) @binding(7) var<storage, read_write> dw_qkv: array<vec4<f32>>; // [N, C, 3, heads, 32]: dWq and dWv
@group(0) @binding(8) var<storage, read_write> dw_out: array<vec4<f32>>; // [N, heads 32 C + C]: dWo, then the bias's gradient
@group(0) @binding(9) var<storage, read_write> dweighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(10) var<storage, read_write> sum_k_dk: array<vec4<f32>>; // [N, heads, 32]: the sum over channels of weighted dweighted

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) invocation: u32,
) {
    {{ unit("number", "(params.samples * params.heads)", lanes) }}
    let sample_head = divide(number, params.heads);
    let row = weights_row();
    let query_columns = sample_head.y * 8u;
    let value_columns = (2u * params.heads + sample_head.y) * 8u;
{%- for c in range(channels) %}
    let w{{ c }} = w_qkv[{{ c }}u * row + query_columns + lane];
{%- endfor %}
    {{ transposed_by_channel("wq_t", "w_qkv", "query_columns", "row", channels) }}
    {{ transposed_by_depth("mixed", "mixed", "number * 32u * QUADS", channels) }}

    {{ zeros("dw", channels, "vec4<f32>") }}
    {{ zeros("p_dy", channels, "vec4<f32>") }}
    for (var first = 0u; first < params.positions; first += {{ block }}u) {
        {{ by_position("x", "x", "(sample_head.x * params.positions + first) * QUADS", channels, block) }}
        {{ by_position("dy", "dy", "(sample_head.x * params.positions + first) * QUADS", channels, block) }}
        {{ project("query", "x", "w", channels, block, lanes) }}
        {{ softmax("p", "query", block) }}
        {{ project("dp", "dy", "mixed", channels, block, lanes) }}
        {{ add_outer("p_dy", "dy", "p", channels, block, lanes) }}
{%- for l in range(block) %}
        let dq{{ l }} = p{{ l }} * (dp{{ l }} - over_depth_sum(p{{ l }} * dp{{ l }}, invocation));
{%- endfor %}
        {{ add_outer("dw", "x", "dq", channels, block, lanes) }}
        {{ zeros("dx", block, "Row") }}
        {{ add_mixed("dx", "dq", "wq_t", block, lanes) }}
{%- for l in range(block) %}
        dx[(number * params.positions + first + {{ l }}u) * 8u + lane] = dx{{ l }};
{%- endfor %}
    }

    let gradient = sample_head.x * {{ channels }}u * row;
{%- for c in range(channels) %}
    dw_qkv[gradient + {{ c }}u * row + query_columns + lane] = dw{{ c }};
{%- endfor %}
    let part = sample_head.x * (32u * params.heads + 1u) * QUADS;
{%- for q in range(channels // 4) %}
    let dbias{{ q }} = vec4<f32>({% for k in range(4) %}over_depth_sum(p_dy{{ 4 * q + k }}, invocation){{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
    if sample_head.y == 0u && lane == 0u {
{%- for q in range(channels // 4) %}
        dw_out[part + 32u * params.heads * QUADS + {{ q }}u] = dbias{{ q }};
{%- endfor %}
    }

{%- for c in range(channels) %}
    let dmixed{{ c }} = params.scale * p_dy{{ c }};
    let weighted{{ c }} = weighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane];
    let value{{ c }} = w_qkv[{{ c }}u * row + value_columns + lane];
{%- endfor %}
    {{ transposed_by_depth("out", "w_out", "sample_head.y * 32u * QUADS", channels) }}
    {{ zeros("dvalue", channels, "vec4<f32>") }}
    {{ zeros("dout", channels, "vec4<f32>") }}
    // Channel 4 quad + j of the keys, by depth of the values.
    for (var quad = 0u; quad < 8u; quad += 1u) {
        let own_quad = {{ plus_half("quad", 8, lanes) }};
{%- for j in range(4) %}
        var context{{ j }} = vec4<f32>();
        var dcontext{{ j }} = vec4<f32>();
{%- for c in range(channels) %}
        let weighted_{{ j }}_{{ c }} = vec4<f32>(subgroupShuffle(weighted{{ c }}[{{ j }}], own_quad));
        let dmixed_{{ j }}_{{ c }} = vec4<f32>(subgroupShuffle(dmixed{{ c }}[{{ j }}], own_quad));
        context{{ j }} = fma(weighted_{{ j }}_{{ c }}, value{{ c }}, context{{ j }});
        dcontext{{ j }} = fma(dmixed_{{ j }}_{{ c }}, out{{ c }}, dcontext{{ j }});
{%- endfor %}
{%- for c in range(channels) %}
        dvalue{{ c }} = fma(weighted_{{ j }}_{{ c }}, dcontext{{ j }}, dvalue{{ c }});
        dout{{ c }} = fma(dmixed_{{ j }}_{{ c }}, context{{ j }}, dout{{ c }});
{%- endfor %}
{%- endfor %}
    }
{%- for c in range(channels) %}
    dw_qkv[gradient + {{ c }}u * row + value_columns + lane] = dvalue{{ c }};
{%- endfor %}
{%- for j in range(4) %}
{%- for q in range(channels // 4) %}
    dw_out[part + (sample_head.y * 32u + 4u * lane + {{ j }}u) * QUADS + {{ q }}u] = vec4<f32>({% for k in range(4) %}dout{{ 4 * q + k }}[{{ j }}]{{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
{%- endfor %}

    {{ zeros("dweighted", channels, "vec4<f32>") }}
    // Channel 4 quad + j of the values, by depth of the keys.
    for (var quad = 0u; quad < 8u; quad += 1u) {
        let own_quad = {{ plus_half("quad", 8, lanes) }};
{%- for j in range(4) %}
        var dcontext{{ j }} = vec4<f32>();
{%- for c in range(channels) %}
        dcontext{{ j }} = fma(vec4<f32>(subgroupShuffle(out{{ c }}[{{ j }}], own_quad)), dmixed{{ c }}, dcontext{{ j }});
{%- endfor %}
{%- for c in range(channels) %}
        dweighted{{ c }} = fma(vec4<f32>(subgroupShuffle(value{{ c }}[{{ j }}], own_quad)), dcontext{{ j }}, dweighted{{ c }});
{%- endfor %}
{%- endfor %}
    }
    var head_sum_k_dk = vec4<f32>();
{%- for c in range(channels) %}
    dweighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane] = dweighted{{ c }};
    head_sum_k_dk = fma(weighted{{ c }}, dweighted{{ c }}, head_sum_k_dk);
{%- endfor %}
    sum_k_dk[number * 8u + lane] = head_sum_k_dk;
}
