// Sums over rows, column by column. A workgroup adds up one part of the rows for one tile of columns: its 64 lanes are
// `tile` columns by 64 / tile rows. A pass leaves one row per part; the next pass sums those, always in the same order.
//
// vector: floats per value (4 where the columns divide by 4). map: what is summed: 0 x, 1 x^2, 2 whether x is not finite,
// 3 (x - centre)^2.
struct Params {
    rows: u32,
    columns: u32, // in values, as `tile`
    tile: u32, // a power of two
    tiles: u32,
    parts: u32,
    rows_per_part: u32,
    scale: f32, // of the result
    accumulate: u32, // 1: add to what is there
    root: u32, // 1: the square root of the result
}
{{ immediates }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, columns]
{% if map == 3 -%}
@group(0) @binding(1) var<storage, read> centre: array<Value>; // [columns]
@group(0) @binding(2) var<storage, read_write> y: array<Value>; // [parts, columns]
{% else -%}
@group(0) @binding(1) var<storage, read_write> y: array<Value>; // [parts, columns]
{% endif %}
{% include "shared/index.wgsl" %}

const LANES = 64u;
var<workgroup> totals: array<Value, 64>;

fn mapped(x: Value, middle: Value) -> Value {
{% if map == 0 %}
    return x;
{% elif map == 1 %}
    return x * x;
{% elif map == 2 %}
    {% set words = "vec4<u32>" if vector == 4 else "u32" %}
    // All bits of the exponent are set in infinities and NaNs alone.
    let exponent = bitcast<{{ words }}>(x) & {{ words }}(0x7f800000u);
    return select(Value(0.0), Value(1.0), exponent == {{ words }}(0x7f800000u));
{% else %}
    return (x - middle) * (x - middle);
{% endif %}
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let part = number / params.tiles;
    let place = lane & (params.tile - 1u);
    let column = (number - part * params.tiles) * params.tile + place;
    let at_once = LANES / params.tile;
    let inside = part < params.parts && column < params.columns;

    var middle = Value();
{% if map == 3 %}
    if inside {
        middle = centre[column];
    }
{% endif %}
    var total0 = Value();
    var total1 = Value();
    var total2 = Value();
    var total3 = Value();
    if inside {
        let end = min(params.rows, (part + 1u) * params.rows_per_part);
        let step = at_once * params.columns;
        var row = part * params.rows_per_part + lane / params.tile;
        var i = row * params.columns + column;
        for (; row + 3u * at_once < end; row += 4u * at_once) {
            total0 += mapped(x[i], middle);
            total1 += mapped(x[i + step], middle);
            total2 += mapped(x[i + 2u * step], middle);
            total3 += mapped(x[i + 3u * step], middle);
            i += 4u * step;
        }
        for (; row < end; row += at_once) {
            total0 += mapped(x[i], middle);
            i += step;
        }
    }
    totals[lane] = (total0 + total1) + (total2 + total3);
    workgroupBarrier();
    if inside && lane < params.tile {
        var total = totals[lane];
        for (var j = 1u; j < at_once; j += 1u) {
            total += totals[lane + j * params.tile];
        }
        total *= params.scale;
        if params.root == 1u {
            total = sqrt(total);
        }
        let target_ = part * params.columns + column;
        if params.accumulate == 1u {
            total += y[target_];
        }
        y[target_] = total;
    }
}
