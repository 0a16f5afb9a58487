// Codes whose size is under the threshold become random rows of the batch: word 0 of the Philox counter [code, level, step
// low, step high] chooses the row. Their size becomes the threshold, and their sum follows.
//
// d: numbers per code.
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    rows: u32,
    codes: u32,
    levels: u32,
    threshold: f32,
    step_low: u32,
    step_high: u32,
    seed_low: u32,
    seed_high: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [levels, rows, d]
@group(0) @binding(1) var<storage, read_write> sizes: array<f32>; // [levels, codes]
@group(0) @binding(2) var<storage, read_write> sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(3) var<storage, read_write> codes: array<{{ type(d) }}>; // [levels, codes, d]

{% include "shared/index.wgsl" %}
{% include "shared/philox.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + lane;
    if i >= params.levels * params.codes || sizes[i] >= params.threshold {
        return;
    }
    let level = i / params.codes;
    let counter = vec4<u32>(i - level * params.codes, level, params.step_low, params.step_high);
    let word = philox(counter, vec2<u32>(params.seed_low, params.seed_high)).x;
    let row = level * params.rows + wide_product(word, params.rows).y;
    for (var v = 0u; v < {{ width }}u; v += 1u) {
        let value = x[row * {{ width }}u + v];
        codes[i * {{ width }}u + v] = value;
        sums[i * {{ width }}u + v] = params.threshold * value;
    }
    sizes[i] = params.threshold;
}
