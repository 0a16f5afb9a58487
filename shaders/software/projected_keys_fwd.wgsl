// weighted = softmax_L(x Wk)^T x and mixed = scale (weighted Wv) Wo, for one sample and head of 32; eight lanes each.
// For software Vulkan alone, see README.md.
//
// The side of keys and values of projected linear attention. Values are never computed, since the sum over positions comes before both of
// their projections. The softmax is online: when a channel's maximum grows, its sums so far are rescaled.
{% from "software/projected_head.wgsl" import by_position, zeros, project, add_outer, depth -%}
{% from "software/eight_lanes.wgsl" import unit, plus_half -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(2) var<storage, read> w_out: array<Row>; // [heads, 32, C]
@group(0) @binding(3) var<storage, read_write> mixed: array<Row>; // [N, heads, 32, C]
@group(0) @binding(4) var<storage, read_write> weighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(5) var<storage, read_write> keys: array<vec4<f32>>; // [N, heads, 2, 32]: max, sum of exponentials

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
    let key_columns = (params.heads + sample_head.y) * 8u + lane;
    let value_columns = (2u * params.heads + sample_head.y) * 8u + lane;
{%- for c in range(channels) %}
    let w{{ c }} = w_qkv[{{ c }}u * row + key_columns];
{%- endfor %}

    var max_key = vec4<f32>(-3.4e38);
    var sum_exp = vec4<f32>();
    {{ zeros("weighted", channels, "vec4<f32>") }}
    for (var first = 0u; first < params.positions; first += {{ block }}u) {
        {{ by_position("x", "x", "(sample_head.x * params.positions + first) * QUADS", channels, block) }}
        {{ project("key", "x", "w", channels, block, lanes) }}
        var new_max = max_key;
{%- for l in range(block) %}
        new_max = max(new_max, key{{ l }});
{%- endfor %}
        let rescale = exp(max_key - new_max);
        max_key = new_max;
        sum_exp *= rescale;
{%- for l in range(block) %}
        let exp_key{{ l }} = exp(key{{ l }} - new_max);
        sum_exp += exp_key{{ l }};
{%- endfor %}
{%- for c in range(channels) %}
        weighted{{ c }} *= rescale;
{%- endfor %}
        {{ add_outer("weighted", "x", "exp_key", channels, block, lanes) }}
    }
    keys[number * 16u + lane] = max_key;
    keys[number * 16u + 8u + lane] = sum_exp;
    let inverse_sum = 1.0 / sum_exp;
{%- for c in range(channels) %}
    weighted{{ c }} *= inverse_sum;
    weighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane] = weighted{{ c }};
{%- endfor %}

{%- for c in range(channels) %}
    let value{{ c }} = w_qkv[{{ c }}u * row + value_columns];
{%- endfor %}
    {{ zeros("mixed", 32, "Row") }}
    for (var quad = 0u; quad < 8u; quad += 1u) {
        let own_quad = {{ plus_half("quad", 8, lanes) }};
{%- for j in range(4) %}
        var context{{ j }} = vec4<f32>(); // channel 4 quad + {{ j }} of the values, by depth of the keys
{%- for c in range(channels) %}
        context{{ j }} = fma(vec4<f32>(subgroupShuffle(value{{ c }}[{{ j }}], own_quad)), weighted{{ c }}, context{{ j }});
{%- endfor %}
        let out{{ j }} = w_out[(sample_head.y * 32u + 4u * quad + {{ j }}u) * 8u + lane];
{%- for i in range(32) %}
        mixed{{ i }} = fma(Row({{ depth("context" ~ j, i, lanes) }}), out{{ j }}, mixed{{ i }});
{%- endfor %}
{%- endfor %}
    }
{%- for i in range(32) %}
    mixed[(number * 32u + {{ i }}u) * 8u + lane] = params.scale * mixed{{ i }};
{%- endfor %}
}
