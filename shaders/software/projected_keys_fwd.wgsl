// The keys' and values' side of projected linear attention, for one sample and head of 32; a subgroup each.
//
// weighted = softmax_L(x Wk)^T x and mixed = scale (weighted Wv) Wo: values are never made, since the sum over positions comes
// before both of their projections. The largest key of a channel is the largest so far; when it grows, the sums shrink.
// For software Vulkan alone, see README.md.
{% from "software/projected_head.wgsl" import by_position, zeros, project, add_outer, depth -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(2) var<storage, read> w_out: array<Row>; // [heads, 32, C]
@group(0) @binding(3) var<storage, read_write> mixed: array<Row>; // [N, heads, 32, C]
@group(0) @binding(4) var<storage, read_write> weighted: array<vec4<f32>>; // [N, heads, C, 32]
@group(0) @binding(5) var<storage, read_write> keys: array<vec4<f32>>; // [N, heads, 2, 32]: largest key, sum of powers

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    // What a folded grid has too many computes the last one again.
    let number = min(workgroup_number(workgroup, grid), params.samples * params.heads - 1u);
    let place = divide(number, params.heads);
    let row = weights_row();
    let key_columns = (params.heads + place.y) * 8u + lane;
    let value_columns = (2u * params.heads + place.y) * 8u + lane;
{%- for c in range(channels) %}
    let w{{ c }} = w_qkv[{{ c }}u * row + key_columns];
{%- endfor %}

    var largest = vec4<f32>(-3.4e38);
    var total = vec4<f32>();
    {{ zeros("weighted", channels, "vec4<f32>") }}
    for (var first = 0u; first < params.positions; first += {{ block }}u) {
        {{ by_position("x", "x", "(place.x * params.positions + first) * PIXEL", channels, block) }}
        {{ project("key", "x", "w", channels, block) }}
        var peak = largest;
{%- for l in range(block) %}
        peak = max(peak, key{{ l }});
{%- endfor %}
        let shrink = exp(largest - peak);
        largest = peak;
        total *= shrink;
{%- for l in range(block) %}
        let power{{ l }} = exp(key{{ l }} - peak);
        total += power{{ l }};
{%- endfor %}
{%- for c in range(channels) %}
        weighted{{ c }} *= shrink;
{%- endfor %}
        {{ add_outer("weighted", "x", "power", channels, block) }}
    }
    keys[number * 16u + lane] = largest;
    keys[number * 16u + 8u + lane] = total;
    let share = 1.0 / total;
{%- for c in range(channels) %}
    weighted{{ c }} *= share;
    weighted[(number * {{ channels }}u + {{ c }}u) * 8u + lane] = weighted{{ c }};
{%- endfor %}

{%- for c in range(channels) %}
    let value{{ c }} = w_qkv[{{ c }}u * row + value_columns];
{%- endfor %}
    {{ zeros("mixed", 32, "Row") }}
    for (var quad = 0u; quad < 8u; quad += 1u) {
{%- for j in range(4) %}
        var context{{ j }} = vec4<f32>(); // channel 4 quad + {{ j }} of the values, by depth of the keys
{%- for c in range(channels) %}
        context{{ j }} = fma(vec4<f32>(subgroupShuffle(value{{ c }}[{{ j }}], quad)), weighted{{ c }}, context{{ j }});
{%- endfor %}
        let out{{ j }} = w_out[(place.y * 32u + 4u * quad + {{ j }}u) * 8u + lane];
{%- for i in range(32) %}
        mixed{{ i }} = fma(Row({{ depth("context" ~ j, i) }}), out{{ j }}, mixed{{ i }});
{%- endfor %}
{%- endfor %}
    }
{%- for i in range(32) %}
    mixed[(number * 32u + {{ i }}u) * 8u + lane] = params.scale * mixed{{ i }};
{%- endfor %}
}
