// C = A^T B: dense and batched with strides, or in split-K partials over the rows (then these are the batches of C), or added to C.
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}
struct Params {
    m: u32,
    n: u32,
    k: u32,
    // Terms of a split-K partial; else the inner batches of an outer one.
    {{ "k_per_partial" if split else "inner" }}: u32,
    // Strides in elements: of rows, of outer batches, of inner batches; and the offset of the first element.
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
}
{{ params }}

{% set a_type = "vec4<f32>" if a_width == 4 else "f32" %}
{% set column = "vec4<f32>" if width == 4 else "vec2<f32>" if width == 2 else "f32" %}
{% set taps = 1 %}
@group(0) @binding(0) var<storage, read> a: array<{{ a_type }}>; // [batch, k, m]
@group(0) @binding(1) var<storage, read> b: array<{{ column }}>; // [batch, k, n]
@group(0) @binding(2) var<storage, read_write> c: array<{{ column }}>; // [batch or partials, m, n], after each partial the bias's [n]
{% if bias and accumulate %}
@group(0) @binding(3) var<storage, read_write> bias: array<{{ column }}>; // [n]
{% endif %}

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

const OUTSIDE = 0xffffffffu;

fn terms(batch: u32) -> vec2<u32> {
    {% if split %}
    let first = batch * params.k_per_partial;
    return vec2<u32>(first, min(first + params.k_per_partial, params.k));
    {% else %}
    return vec2<u32>(0u, params.k);
    {% endif %}
}

// The offset of a batch's first element.
fn base(strides: vec4<u32>, batch: u32) -> u32 {
    {% if split %}
    return strides.w + batch * strides.y;
    {% else %}
    let outer_inner = divide(batch, params.inner);
    return strides.w + outer_inner.x * strides.y + outer_inner.y * strides.z;
    {% endif %}
}

fn a_offset(k: u32, end: u32, tap: u32, batch: u32) -> u32 {
    return select(OUTSIDE, base(params.a, batch) + k * params.a.x, k < end);
}

fn load_a(offset: u32, row: u32) -> {{ a_type }} {
    let inside = offset != OUTSIDE;
    let at = min(row, params.m - {{ a_width }}u);
    return select({{ a_type }}(), a[select(0u, (offset + at) / {{ a_width }}u, inside)], inside);
}

fn load_b(k: u32, column: u32, batch: u32) -> {{ column }} {
    return b[(base(params.b, batch) + k * params.b.x) / {{ width }}u + column];
}

fn store(tap: u32, row: u32, column: u32, sum: {{ column }}, batch: u32) {
    let at = (base(params.c, batch) + row * params.c.x) / {{ width }}u + column;
    {% if accumulate %}
    c[at] += sum;
    {% else %}
    c[at] = sum;
    {% endif %}
}

{% if bias %}
fn store_bias(column: u32, sum: {{ column }}, batch: u32) {
    {% if accumulate %}
    bias[column] += sum;
    {% else %}
    store(0u, params.m, column, sum, batch);
    {% endif %}
}

{% endif %}
{% if subgroup_variant %}
{% include "software/outer_subgroup.wgsl" %}
{% elif matrix %}
{% include "shared/outer_matrix.wgsl" %}
{% else %}
{% include "shared/outer_tile.wgsl" %}
{% endif %}
