// sum = decay sum + (1 - decay) batch sum, and code = sum / size, the size Laplace-smoothed over the level's codes. The sizes are
// those after their own update. A code whose smoothed size is 0 is left as it is.
//
// d: floats per code. invocations, one_subgroup: as in shared/reduce.wgsl.
{% from "shared/each.wgsl" import workgroup_per %}
{% from "shared/rows.wgsl" import type -%}
{% set width = d // 4 if d % 4 == 0 else d -%}
struct Params {
    codes: u32,
    levels: u32,
    chunks: u32, // workgroups per level
    decay: f32,
    epsilon: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> sizes: array<f32>; // [levels, codes]
@group(0) @binding(1) var<storage, read> batch_sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(2) var<storage, read_write> sums: array<{{ type(d) }}>; // [levels, codes, d]
@group(0) @binding(3) var<storage, read_write> codes: array<{{ type(d) }}>; // [levels, codes, d]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;
const VALUES_EACH = {{ 128 // invocations }}u;

{% call(chunk, invocation) workgroup_per("params.levels * params.chunks", invocations) %}
    let level = chunk / params.chunks;
    let first_code = level * params.codes;
    var partial = 0.0;
    for (var k = invocation; k < params.codes; k += WORKGROUP_SIZE) {
        partial += sizes[first_code + k];
    }
    let total = workgroup_sum(partial, invocation);
    let first = (chunk - level * params.chunks) * (VALUES_EACH * WORKGROUP_SIZE);
    let end = min(first + VALUES_EACH * WORKGROUP_SIZE, params.codes * {{ width }}u);
    for (var i = first + invocation; i < end; i += WORKGROUP_SIZE) {
        let size = sizes[first_code + i / {{ width }}u];
        let smoothed = (size + params.epsilon) / (total + f32(params.codes) * params.epsilon) * total;
        let at = first_code * {{ width }}u + i;
        let sum = params.decay * sums[at] + (1.0 - params.decay) * batch_sums[at];
        sums[at] = sum;
        codes[at] = select(sum / smoothed, codes[at], smoothed == 0.0);
    }
{% endcall %}
