// Moves the sums of rows towards a batch's and makes the codes their means, with the counts Laplace-smoothed. The sizes have
// been moved before. A code whose smoothed size is 0 stays where it is.
//
// d: numbers per code. lanes, one_subgroup: as in shared/team.wgsl.
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    codes: u32,
    levels: u32,
    chunks: u32, // workgroups per level
    decay: f32,
    epsilon: f32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> sizes: array<f32>; // [levels, codes]
@group(0) @binding(1) var<storage, read> batch_sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(2) var<storage, read_write> sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(3) var<storage, read_write> codes: array<{{ type(d) }}>; // [levels, codes, d]

{% include "shared/index.wgsl" %}

{% include "shared/team.wgsl" %}

const LANES = {{ lanes }}u;
const PER_LANE = {{ 128 // lanes }}u;

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let level = min(number / params.chunks, params.levels - 1u);
    let first_code = level * params.codes;
    var mine = 0.0;
    for (var k = lane; k < params.codes; k += LANES) {
        mine += sizes[first_code + k];
    }
    let total = team_sum(mine, lane);
    for (var j = 0u; j < PER_LANE; j += 1u) {
        let i = ((number - level * params.chunks) * PER_LANE + j) * LANES + lane;
        let code = i / {{ width }}u;
        if code < params.codes && number < params.levels * params.chunks {
            let size = sizes[first_code + code];
            let smoothed = (size + params.epsilon) / (total + f32(params.codes) * params.epsilon) * total;
            let at = first_code * {{ width }}u + i;
            let sum = params.decay * sums[at] + (1.0 - params.decay) * batch_sums[at];
            sums[at] = sum;
            if smoothed > 0.0 {
                codes[at] = sum / smoothed;
            }
        }
    }
}
