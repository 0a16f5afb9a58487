// Gradient of a convolution's weights: C[tap, c_in, c_out] = sum over output positions k of X[k shifted by tap, c_in] DY[k, c_out],
// in split-K partials over the positions; a single partial is added to C.
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}
struct Params {
    m: u32,
    n: u32,
    k: u32,
    k_per_partial: u32,
    column_groups: u32,
    row_groups: u32,
    source: vec2<u32>, // height, width of x
    target_side: vec2<u32>, // height, width of dy
}
{{ params }}

{% set a_type = "vec4<f32>" if a_width == 4 else "f32" %}
{% set column = "vec4<f32>" if width == 4 else "vec2<f32>" if width == 2 else "f32" %}
{% set taps = kernel * kernel %}
@group(0) @binding(0) var<storage, read> x: array<{{ a_type }}>; // [N, H, W, m]
@group(0) @binding(1) var<storage, read> dy: array<{{ column }}>; // [N, H / stride, W / stride, n]
@group(0) @binding(2) var<storage, read_write> partials: array<{{ column }}>; // [partials, kernel, kernel, m, n], after each partial the bias's [n]
{% if bias and accumulate %}
@group(0) @binding(3) var<storage, read_write> bias: array<{{ column }}>; // [n]
{% endif %}

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

const OUTSIDE = 0xffffffffu;

fn terms(batch: u32) -> vec2<u32> {
    let first = batch * params.k_per_partial;
    return vec2<u32>(first, min(first + params.k_per_partial, params.k));
}

fn a_offset(k: u32, end: u32, tap: u32, batch: u32) -> u32 {
    let line = divide(k, params.target_side.y);
    let image = divide(line.x, params.target_side.x);
    let shift = vec2<i32>(i32(tap / {{ kernel }}u), i32(tap % {{ kernel }}u)) - {{ kernel // 2 }};
    let position = vec2<i32>(i32(image.y), i32(line.y)) * {{ stride }} + shift;
    let inside = all(position >= vec2<i32>()) && all(position < vec2<i32>(params.source)) && k < end;
    let offset = ((image.x * params.source.x + u32(position.x)) * params.source.y + u32(position.y)) * params.m;
    return select(OUTSIDE, offset, inside);
}

fn load_a(offset: u32, row: u32) -> {{ a_type }} {
    let inside = offset != OUTSIDE;
    let at = min(row, params.m - {{ a_width }}u);
    return select({{ a_type }}(), x[select(0u, (offset + at) / {{ a_width }}u, inside)], inside);
}

fn load_b(k: u32, column: u32, batch: u32) -> {{ column }} {
    return dy[k * (params.n / {{ width }}u) + column];
}

fn store(tap: u32, row: u32, column: u32, sum: {{ column }}, batch: u32) {
    let at = (batch * {{ taps }}u + tap) * params.m + row{% if bias %} + batch{% endif %};
    {% if accumulate %}
    partials[at * (params.n / {{ width }}u) + column] += sum;
    {% else %}
    partials[at * (params.n / {{ width }}u) + column] = sum;
    {% endif %}
}

{% if bias %}
fn store_bias(column: u32, sum: {{ column }}, batch: u32) {
    {% if accumulate %}
    bias[column] += sum;
    {% else %}
    store({{ taps }}u, 0u, column, sum, batch);
    {% endif %}
}

{% endif %}
{% if subgroup_variant and stride == 1 %}
{% include "software/conv_dw_subgroup.wgsl" %}
{% elif subgroup_variant %}
{% include "software/outer_subgroup.wgsl" %}
{% elif matrix %}
{% include "shared/outer_matrix.wgsl" %}
{% else %}
{% include "shared/outer_tile.wgsl" %}
{% endif %}
