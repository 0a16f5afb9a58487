// counts[part, level, code] = how many rows of the part take the code, sums[part, level, code] = the sum of those rows, in order.
//
// A workgroup goes through one part of one level's rows. Each invocation owns a column, so no atomics are needed. d: floats per row.
{% from "shared/each.wgsl" import workgroup_per %}
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    rows: u32,
    codes: u32,
    levels: u32,
    parts: u32,
    rows_per_part: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [levels, rows, d]
@group(0) @binding(1) var<storage, read> indices: array<u32>; // [rows, levels]
@group(0) @binding(2) var<storage, read_write> counts: array<f32>; // [parts, levels, codes], zero before
@group(0) @binding(3) var<storage, read_write> sums: array<{{ type(d) }}>; // [parts, levels, codes, d], zero before

{% call(table, column) workgroup_per("params.parts * params.levels", (width + 7) // 8 * 8) %}
    if column >= {{ width }}u {
        return;
    }
    let part = table / params.levels;
    let level = table - part * params.levels;
    let end = min(params.rows, (part + 1u) * params.rows_per_part);
    for (var row = part * params.rows_per_part; row < end; row += 1u) {
        let code = table * params.codes + min(indices[row * params.levels + level], params.codes - 1u);
        sums[code * {{ width }}u + column] += x[(level * params.rows + row) * {{ width }}u + column];
        if column == 0u {
            counts[code] += 1.0;
        }
    }
{% endcall %}
