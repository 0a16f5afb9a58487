// A code whose size is under the threshold becomes a random row x of its level: code = x, sum = threshold x, size = threshold.
// Word 0 of the Philox counter [code, level, step low, step high] chooses the row.
//
// d: floats per code.
{% from "shared/each.wgsl" import each %}
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
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [levels, rows, d]
@group(0) @binding(1) var<storage, read_write> sizes: array<f32>; // [levels, codes]
@group(0) @binding(2) var<storage, read_write> sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(3) var<storage, read_write> codes: array<{{ type(d) }}>; // [levels, codes, d]

{% include "shared/philox.wgsl" %}

{% call(i) each("params.levels * params.codes", 64) %}
    if sizes[i] >= params.threshold {
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
{% endcall %}
