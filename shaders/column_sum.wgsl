// y[part, c] = scale times the sum over the rows r of a part of map(x[r, c]), or its square root.
//
// A workgroup sums one part of the rows of a tile of columns: its invocations are `tile` columns by invocations / tile rows, and each
// loads `loads` values of a row. A pass leaves one row per part; the next pass sums those, always in the same order.
//
// vector: floats per value (4 where the columns divide by 4). invocations: of a workgroup. loads: 1, 2 or 4; above 1 only where
// tile = invocations. map: 0 x, 1 x^2, 2 whether x is not finite, 3 (x - centre)^2.
struct Params {
    rows: u32,
    columns: u32, // in values, as tile
    tile: u32, // a power of two
    tiles: u32,
    parts: u32,
    rows_per_part: u32,
    rows_per_invocation: u32, // of a part, per invocation
    scale: f32, // of the result
    accumulate: u32, // 1: add to y
    root: u32, // 1: the square root of the result
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, columns]
{% if map == 3 -%}
@group(0) @binding(1) var<storage, read> centre: array<Value>; // [columns]
@group(0) @binding(2) var<storage, read_write> y: array<Value>; // [parts, columns]
{% else -%}
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [parts, columns]
{% endif %}
{% include "shared/index.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;
{% if loads == 1 -%}
var<workgroup> totals: array<Value, {{ invocations }}>;
{% endif %}
fn mapped(x: Value, middle: Value) -> Value {
{% if map == 0 %}
    return x;
{% elif map == 1 %}
    return x * x;
{% elif map == 2 %}
    {% set words = "vec4<u32>" if vector == 4 else "u32" %}
    // All bits of the exponent are set in infinities and NaNs, and in no other numbers.
    let exponent = bitcast<{{ words }}>(x) & {{ words }}(0x7f800000u);
    return select(Value(0.0), Value(1.0), exponent == {{ words }}(0x7f800000u));
{% else %}
    return (x - middle) * (x - middle);
{% endif %}
}

fn finish(sum: Value, at: u32) {
    var total = sum * params.scale;
    if params.root == 1u {
        total = sqrt(total);
    }
    if params.accumulate == 1u {
        total += y[at];
    }
    y[at] = total;
}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let part = number / params.tiles;
    let rows_at_once = WORKGROUP_SIZE / params.tile;
    let column = (number - part * params.tiles) * params.tile * {{ loads }}u + (invocation & (params.tile - 1u));
    let first = part * params.rows_per_part + invocation / params.tile;
    let end = min(params.rows, (part + 1u) * params.rows_per_part);
    let last = params.rows * params.columns - 1u;
{% set rows = 4 // loads %}
{%- for k in range(4) %}
    var total{{ k }} = Value();
{%- endfor %}
{%- for c in range(loads) %}
    let middle{{ c }} = {% if map == 3 %}centre[min(column + {{ c }}u * params.tile, params.columns - 1u)]{% else %}Value(){% endif %};
{%- endfor %}
    for (var j = 0u; j < params.rows_per_invocation; j += {{ rows }}u) {
{%- for r in range(rows) %}
        let row{{ r }} = first + (j + {{ r }}u) * rows_at_once;
        let start{{ r }} = row{{ r }} * params.columns + column;
{%- for c in range(loads) %}
{%- set k = r * loads + c %}
        let value{{ k }} = mapped(x[min(start{{ r }} + {{ c }}u * params.tile, last)], middle{{ c }});
        total{{ k }} += select(Value(), value{{ k }}, row{{ r }} < end);
{%- endfor %}
{%- endfor %}
    }
    let target_index = part * params.columns + column;
    let inside = part < params.parts;
{% if loads == 1 %}
    totals[invocation] = (total0 + total1) + (total2 + total3);
    workgroupBarrier();
    if inside && column < params.columns && invocation < params.tile {
        var total = totals[invocation];
        for (var j = 1u; j < rows_at_once; j += 1u) {
            total += totals[invocation + j * params.tile];
        }
        finish(total, target_index);
    }
{% else %}
{%- for c in range(loads) %}
    if inside && column + {{ c }}u * params.tile < params.columns {
        finish(total{{ c }}{% if loads == 2 %} + total{{ c + 2 }}{% endif %}, target_index + {{ c }}u * params.tile);
    }
{%- endfor %}
{% endif %}
}
