// A code whose size is under the threshold becomes the vector x that was drawn for it: code = x, sum = threshold x, size = threshold.
//
// d: floats per code.
{% from "shared/each.wgsl" import each %}
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    codes: u32,
    threshold: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<{{ type(d) }}>; // [codes, d], the codes of all levels
@group(0) @binding(1) var<storage, read_write> sizes: array<f32>; // [codes]
@group(0) @binding(2) var<storage, read_write> sums: array<{{ type(d) }}>; // [codes, d]
@group(0) @binding(3) var<storage, read_write> codes: array<{{ type(d) }}>; // [codes, d]

{% call(i) each("params.codes", 64) %}
    if sizes[i] < params.threshold {
        for (var v = 0u; v < {{ width }}u; v += 1u) {
            let value = x[i * {{ width }}u + v];
            codes[i * {{ width }}u + v] = value;
            sums[i * {{ width }}u + v] = params.threshold * value;
        }
        sizes[i] = params.threshold;
    }
{% endcall %}
