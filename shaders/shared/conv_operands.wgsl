// What the forward convolution and its input gradient share: output positions as rows of C, taps as segments of the summed index,
// weights [tap, k, n]. `source` is the size of the images that A is read from, `target_side` that of C's.
//
// Implements the contract in shared/product_tile.wgsl. The kernel that includes it has
// source_position(position, tap), the position in A that an output position reads through a tap; it may be outside of A.
struct Params {
    m: u32,
    n: u32,
    k: u32,
    column_groups: u32,
    source: vec2<u32>, // height, width
    target_side: vec2<u32>, // height, width
    tiles_across: u32, // workgroups per line, in conv_subgroup
    images: u32,
}
{{ params }}

{% set a_type = "vec4<f32>" if a_width == 4 else "f32" %}
{% set column = "vec4<f32>" if width == 4 else "vec2<f32>" if width == 2 else "f32" %}
{% set taps = kernel * kernel %}
@group(0) @binding(0) var<storage, read> a: array<{{ a_type }}>; // [N, source height, source width, k]
@group(0) @binding(1) var<storage, read> weights: array<{{ a_type if b_transposed else column }}>; // [kernel, kernel, k, n] or, transposed, [kernel, kernel, n, k]
{% if bias %}
@group(0) @binding(2) var<storage, read> bias: array<{{ column }}>; // [n]
{% endif %}
@group(0) @binding({{ 2 + bias }}) var<storage, read_write> c: array<{{ column }}>; // [N, target height, target width, n]

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

const OUTSIDE = 0xffffffffu;

// The output position of a row of C: the first line of its image in A, and y and x in the image.
struct Start {
    first_line: u32,
    y: i32,
    x: i32,
}

fn a_start(row: u32, batch: u32) -> Start {
    let line = divide(row, params.target_side.y);
    let image = divide(line.x, params.target_side.x);
    return Start(image.x * params.source.x, i32(image.y), i32(line.y));
}

fn a_offset(start: Start, tap: u32) -> u32 {
    let position = source_position(vec2<i32>(start.y, start.x), vec2<i32>(i32(tap / {{ kernel }}u), i32(tap % {{ kernel }}u)));
    let inside = all(position >= vec2<i32>()) && all(position < vec2<i32>(params.source));
    let offset = ((start.first_line + u32(position.x)) * params.source.y + u32(position.y)) * params.k;
    return select(OUTSIDE, offset, inside);
}

fn load_a(offset: u32, k: u32) -> {{ a_type }} {
    {% if a_width == 4 %}
    let inside = offset != OUTSIDE;
    return select(vec4<f32>(), a[select(0u, (offset + k) / 4u, inside)], inside);
    {% else %}
    let inside = offset != OUTSIDE && k < params.k;
    return select(0.0, a[select(0u, offset + k, inside)], inside);
    {% endif %}
}

{% if b_transposed %}
{% if subgroup_variant %}
// conv_subgroup computes the input gradient as a convolution, with the taps reversed.
{% endif %}
fn load_b_transposed(tap: u32, k: u32, column: u32, batch: u32) -> {{ a_type }} {
    let row = {{ "(" ~ (kernel * kernel - 1) ~ "u - tap)" if subgroup_variant else "tap" }} * params.n + column;
    {% if a_width == 4 %}
    return weights[(row * params.k + k) / 4u];
    {% else %}
    return select(0.0, weights[row * params.k + min(k, params.k - 1u)], k < params.k);
    {% endif %}
}
{% else %}
fn load_b(tap: u32, k: u32, column: u32, batch: u32) -> {{ column }} {
    {% if a_width == 4 %}
    return weights[(tap * params.k + k) * (params.n / {{ width }}u) + column];
    {% else %}
    let last = params.k - 1u;
    let weight = weights[(tap * params.k + min(k, last)) * (params.n / {{ width }}u) + column];
    return select({{ column }}(), weight, k <= last);
    {% endif %}
}

{% endif %}
{% include "shared/bias.wgsl" %}

{% if accumulate %}
fn load_c(row: u32, column: u32, batch: u32) -> {{ column }} {
    return c[row * (params.n / {{ width }}u) + column];
}

{% endif %}
fn store(row: u32, column: u32, sum: {{ column }}, bias_value: {{ column }}, batch: u32) {
    c[row * (params.n / {{ width }}u) + column] = sum{% if bias %} + bias_value{% endif %};
}

{% if subgroup_variant and stride == 1 %}
{% include "software/conv_subgroup.wgsl" %}
{% elif subgroup_variant %}
{% include "software/product_subgroup.wgsl" %}
{% elif matrix %}
{% include "shared/product_matrix.wgsl" %}
{% else %}
{% include "shared/product_tile.wgsl" %}
{% endif %}
