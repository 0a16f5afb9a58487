// Gradients of projected linear attention that come by way of the queries, and of the projections of values and output, for one
// sample and head of 32; a subgroup each. With p the softmaxed queries, context = weighted Wv and mixed = scale context Wo:
//
// dp = dy mixed^T, dq = p (dp - sum(p dp)), dWq = x^T dq, dx = dq Wq^T, dmixed = scale p^T dy,
// dcontext = dmixed Wo^T, dWo = context^T dmixed, dWv = weighted^T dcontext, dweighted = dcontext Wv^T.
//
// The bias's gradient is the sum of dy over positions. A softmax sums to 1, so it is that of p^T dy over the head's channels.
// For software Vulkan alone, see README.md.
{% from "software/projected_head.wgsl" import by_position, zeros, project, softmax, add_outer, add_mixed, transposed_by_depth, transposed_by_channel -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(2) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(3) var<storage, read> w_out: array<vec4<f32>>; // [heads, 32, C]
@group(0) @binding(4) var<storage, read> mixed: array<vec4<f32>>; // [N, heads, 32, C]
@group(0) @binding(5) var<storage, read> weighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(6) var<storage, read_write> dx: array<Row>; // [N, heads, L, C]
@group(0) @binding(7) var<storage, read_write> dw_qkv: array<vec4<f32>>; // [N, C, 3, heads, 32]: that of q and v
@group(0) @binding(8) var<storage, read_write> dw_out: array<vec4<f32>>; // [N, heads 32 C, behind it the bias's C]
@group(0) @binding(9) var<storage, read_write> dweighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(10) var<storage, read_write> pull: array<vec4<f32>>; // [N, heads, 32]: sum over channels of weighted dweighted

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let number = min(workgroup_number(workgroup, grid), params.samples * params.heads - 1u);
    let place = divide(number, params.heads);
    let row = weights_row();
    let query_columns = place.y * 8u;
    let value_columns = (2u * params.heads + place.y) * 8u;
{%- for c in range(channels) %}
    let w{{ c }} = w_qkv[{{ c }}u * row + query_columns + lane];
{%- endfor %}
    {{ transposed_by_channel("across", "w_qkv", "query_columns", "row", channels) }}
    {{ transposed_by_depth("mixed", "mixed", "number * 32u * PIXEL", channels) }}

    {{ zeros("dw", channels, "vec4<f32>") }}
    {{ zeros("sum", channels, "vec4<f32>") }}
    for (var first = 0u; first < params.positions; first += {{ block }}u) {
        {{ by_position("x", "x", "(place.x * params.positions + first) * PIXEL", channels, block) }}
        {{ by_position("dy", "dy", "(place.x * params.positions + first) * PIXEL", channels, block) }}
        {{ project("query", "x", "w", channels, block) }}
        {{ softmax("p", "query", block) }}
        {{ project("dp", "dy", "mixed", channels, block) }}
        {{ add_outer("sum", "dy", "p", channels, block) }}
{%- for l in range(block) %}
        let dq{{ l }} = p{{ l }} * (dp{{ l }} - over_depth_sum(p{{ l }} * dp{{ l }}, lane));
{%- endfor %}
        {{ add_outer("dw", "x", "dq", channels, block) }}
        {{ zeros("slope", block, "Row") }}
        {{ add_mixed("slope", "dq", "across", block) }}
{%- for l in range(block) %}
        dx[(number * params.positions + first + {{ l }}u) * 8u + lane] = slope{{ l }};
{%- endfor %}
    }

    let gradient = place.x * {{ channels }}u * row;
{%- for c in range(channels) %}
    dw_qkv[gradient + {{ c }}u * row + query_columns + lane] = dw{{ c }};
{%- endfor %}
    let part = place.x * (32u * params.heads + 1u) * PIXEL;
{%- for q in range(channels // 4) %}
    let dbias{{ q }} = vec4<f32>({% for k in range(4) %}over_depth_sum(sum{{ 4 * q + k }}, lane){{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
    if place.y == 0u && lane == 0u {
{%- for q in range(channels // 4) %}
        dw_out[part + 32u * params.heads * PIXEL + {{ q }}u] = dbias{{ q }};
{%- endfor %}
    }

{%- for c in range(channels) %}
    let dmixed{{ c }} = params.scale * sum{{ c }};
    let weighted{{ c }} = weighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane];
    let value{{ c }} = w_qkv[{{ c }}u * row + value_columns + lane];
{%- endfor %}
    {{ transposed_by_depth("out", "w_out", "place.y * 32u * PIXEL", channels) }}
    {{ zeros("dvalue", channels, "vec4<f32>") }}
    {{ zeros("dout", channels, "vec4<f32>") }}
    // Channel 4 quad + j of the keys, by depth of the values.
    for (var quad = 0u; quad < 8u; quad += 1u) {
{%- for j in range(4) %}
        var context{{ j }} = vec4<f32>();
        var dcontext{{ j }} = vec4<f32>();
{%- for c in range(channels) %}
        let weighted_{{ j }}_{{ c }} = vec4<f32>(subgroupShuffle(weighted{{ c }}[{{ j }}], quad));
        let dmixed_{{ j }}_{{ c }} = vec4<f32>(subgroupShuffle(dmixed{{ c }}[{{ j }}], quad));
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
    dw_out[part + (place.y * 32u + 4u * lane + {{ j }}u) * PIXEL + {{ q }}u] = vec4<f32>({% for k in range(4) %}dout{{ 4 * q + k }}[{{ j }}]{{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
{%- endfor %}

    {{ zeros("dweighted", channels, "vec4<f32>") }}
    // Channel 4 quad + j of the values, by depth of the keys.
    for (var quad = 0u; quad < 8u; quad += 1u) {
{%- for j in range(4) %}
        var slope{{ j }} = vec4<f32>();
{%- for c in range(channels) %}
        slope{{ j }} = fma(vec4<f32>(subgroupShuffle(out{{ c }}[{{ j }}], quad)), dmixed{{ c }}, slope{{ j }});
{%- endfor %}
{%- for c in range(channels) %}
        dweighted{{ c }} = fma(vec4<f32>(subgroupShuffle(value{{ c }}[{{ j }}], quad)), slope{{ j }}, dweighted{{ c }});
{%- endfor %}
{%- endfor %}
    }
    var pull_ = vec4<f32>();
{%- for c in range(channels) %}
    dweighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane] = dweighted{{ c }};
    pull_ = fma(weighted{{ c }}, dweighted{{ c }}, pull_);
{%- endfor %}
    pull[number * 8u + lane] = pull_;
}
