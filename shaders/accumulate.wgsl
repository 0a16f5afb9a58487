// target += source
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>; // [length]
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<f32>>; // [length]

{% call(i) each("(params.length + 3u) / 4u", 256) %}
    // The last quad may be partly padding, which is not added.
    let element = 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
    target_[i] += select(vec4<f32>(), source[i], element < vec4<u32>(params.length));
{% endcall %}
