// y[level, code] = x[level, row], row drawn from [0, drawn_from): the vectors by which dead codes are replaced. x holds the rows from
// `first` on, of all that are drawn from; y is 0 where it does not hold the row.
// Word 0 of the Philox counter [code, level, step low, step high] chooses the row.
//
// d: floats per vector.
{% from "shared/each.wgsl" import each %}
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    rows: u32,
    codes: u32,
    levels: u32,
    first: u32,
    drawn_from: u32,
    step_low: u32,
    step_high: u32,
    seed_low: u32,
    seed_high: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [levels, rows, d]
@group(0) @binding(1) var<storage, read_write> y: array<{{ type(d) }}>; // [levels, codes, d]

{% include "shared/philox.wgsl" %}

{% call(i) each("params.levels * params.codes", 64) %}
    let level = i / params.codes;
    let counter = vec4<u32>(i - level * params.codes, level, params.step_low, params.step_high);
    let word = philox(counter, vec2<u32>(params.seed_low, params.seed_high)).x;
    // Below `first`, the difference wraps to a large number.
    let row = wide_product(word, params.drawn_from).y - params.first;
    let held = row < params.rows;
    let from_row = level * params.rows + select(0u, row, held);
    for (var v = 0u; v < {{ width }}u; v += 1u) {
        y[i * {{ width }}u + v] = select({{ type(d) }}(), x[from_row * {{ width }}u + v], held);
    }
{% endcall %}
