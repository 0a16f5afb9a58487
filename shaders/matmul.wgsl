// C = A B (+ bias), or A B^T: dense, batched, with strides so that the heads of an attention need no copies.
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}
struct Params {
    m: u32,
    n: u32,
    k: u32,
    // Inner batches of an outer one. In the subgroup variant its highest bit says that the bias is to be ignored.
    inner: u32,
    // Strides in elements: of rows, of outer batches, of inner batches; and the offset of the first element.
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
}
{{ params }}

{% set a_type = "vec4<f32>" if a_width == 4 else "f32" %}
{% set column = "vec4<f32>" if width == 4 else "vec2<f32>" if width == 2 else "f32" %}
{% set b_type = a_type if b_transposed else column %}
@group(0) @binding(0) var<storage, read> a: array<{{ a_type }}>; // [batch, m, k]
@group(0) @binding(1) var<storage, read> b: array<{{ b_type }}>; // [batch, k, n] or, transposed, [batch, n, k]
{% if bias %}
@group(0) @binding(2) var<storage, read> bias: array<{{ column }}>; // [n]
{% endif %}
@group(0) @binding({{ 2 + bias }}) var<storage, read_write> c: array<{{ column }}>; // [batch, m, n]

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

alias Start = u32;

// The offset of a batch's first element.
fn base(strides: vec4<u32>, batch: u32) -> u32 {
    let outer_inner = divide(batch, {{ "params.inner & 0x7fffffffu" if subgroup_variant else "params.inner" }});
    return strides.w + outer_inner.x * strides.y + outer_inner.y * strides.z;
}

fn a_start(row: u32, batch: u32) -> Start {
    return base(params.a, batch) + row * params.a.x;
}

fn a_offset(start: Start, tap: u32) -> u32 {
    return start;
}

fn load_a(offset: u32, k: u32) -> {{ a_type }} {
    {% if a_width == 4 %}
    return a[(offset + k) / 4u];
    {% else %}
    return select(0.0, a[offset + min(k, params.k - 1u)], k < params.k);
    {% endif %}
}

{% if b_transposed %}
fn load_b_transposed(tap: u32, k: u32, column: u32, batch: u32) -> {{ b_type }} {
    let offset = base(params.b, batch) + column * params.b.x;
    {% if a_width == 4 %}
    return b[(offset + k) / 4u];
    {% else %}
    return select(0.0, b[offset + min(k, params.k - 1u)], k < params.k);
    {% endif %}
}
{% else %}
fn load_b(tap: u32, k: u32, column: u32, batch: u32) -> {{ column }} {
    let batch_base = base(params.b, batch);
    {% if a_width == 4 %}
    return b[(batch_base + k * params.b.x) / {{ width }}u + column];
    {% else %}
    let last = params.k - 1u;
    return select({{ column }}(), b[(batch_base + min(k, last) * params.b.x) / {{ width }}u + column], k <= last);
    {% endif %}
}
{% endif %}

{% if subgroup_variant %}
// One text with a bias and without: the texts are many, and software Vulkan takes long to compile each.
fn load_bias(column: u32) -> {{ column }} {
    return select(bias[column], {{ column }}(), params.inner >= 0x80000000u);
}
{% else %}
{% include "shared/bias.wgsl" %}
{% endif %}

{% if accumulate %}
fn load_c(row: u32, column: u32, batch: u32) -> {{ column }} {
    return c[(base(params.c, batch) + row * params.c.x) / {{ width }}u + column];
}

{% endif %}
fn store(row: u32, column: u32, sum: {{ column }}, bias_value: {{ column }}, batch: u32) {
    c[(base(params.c, batch) + row * params.c.x) / {{ width }}u + column] = sum{% if bias %} + bias_value{% endif %};
}

{% if subgroup_variant and rows == 1 %}
{% include "software/row_subgroup.wgsl" %}
{% elif subgroup_variant %}
{% include "software/product_subgroup.wgsl" %}
{% elif matrix %}
{% include "shared/product_matrix.wgsl" %}
{% else %}
{% include "shared/product_tile.wgsl" %}
{% endif %}
