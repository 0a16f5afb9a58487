// y = bias + the sum over heads of softmax_D(x Wq) mixed, for `span` positions of one sample; one subgroup each.
// For software Vulkan alone, see README.md.
//
// The side of the queries of projected linear attention.
{% from "software/projected_head.wgsl" import by_position, project, softmax, add_mixed -%}
{% from "software/eight_lanes.wgsl" import lane, plus_half -%}
{% include "software/projected.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; // [N, L, C]
@group(0) @binding(1) var<storage, read> w_qkv: array<vec4<f32>>; // [C, 3, heads, 32]
@group(0) @binding(2) var<storage, read> mixed: array<Row>; // [N, heads, 32, C]
@group(0) @binding(3) var<storage, read> bias: array<Row>; // [C]
@group(0) @binding(4) var<storage, read_write> y: array<Row>; // [N, L, C]

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) invocation: u32,
) {
    let lane = {{ lane(lanes) }};
    let spans = (params.positions + params.span - 1u) / params.span;
    let sample_span = divide(workgroup_number(workgroup, grid), spans);
    let row = weights_row();
    let bias = bias[lane];
    let start = sample_span.y * params.span;
    // Workgroups beyond the last one of a folded grid have no positions.
    let end = select(0u, min(start + params.span, params.positions), sample_span.x < params.samples);
    for (var head = 0u; head < params.heads; head += 1u) {
{%- for c in range(channels) %}
        let w{{ c }} = w_qkv[{{ c }}u * row + head * 8u + lane];
{%- endfor %}
{%- for i in range(32) %}
        let mixed{{ i }} = mixed[((sample_span.x * params.heads + head) * 32u + {{ i }}u) * 8u + lane];
{%- endfor %}
        // The halves of a subgroup of sixteen take alternate blocks, or the same last one.
        for (var first = start; first < end; first += {{ block * lanes // 8 }}u) {
            let position = sample_span.x * params.positions + min({{ plus_half("first", block, lanes) }}, end - {{ block }}u);
            {{ by_position("x", "x", "position * QUADS", channels, block) }}
            {{ project("query", "x", "w", channels, block, lanes) }}
            {{ softmax("p", "query", block) }}
{%- for l in range(block) %}
            var out{{ l }} = select(bias, y[(position + {{ l }}u) * 8u + lane], head > 0u);
{%- endfor %}
            {{ add_mixed("out", "p", "mixed", block, lanes) }}
{%- for l in range(block) %}
            y[(position + {{ l }}u) * 8u + lane] = out{{ l }};
{%- endfor %}
        }
    }
}
