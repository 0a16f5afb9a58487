// y[n] = the candidate noise[n, j] with the smallest |x[n] - noise[n, j]|^2, the first on ties. NaN is larger than any distance: if all
// are NaN or overflow, the first candidate is taken.
//
// A workgroup sums each distance of a latent together, then copies the nearest candidate.
//
// vector: floats per value (4 where the elements of a latent divide by 4). invocations, one_subgroup: as in shared/reduce.wgsl.
{% from "shared/each.wgsl" import workgroup_per %}
struct Params {
    latents: u32,
    candidates: u32,
    values: u32, // per latent
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [latents, values]
@group(0) @binding(1) var<storage, read> noise: array<{{ Value }}>; // [latents, candidates, values]
@group(0) @binding(2) var<storage, read_write> y: array<{{ Value }}>; // [latents, values]

{% include "shared/reduce.wgsl" %}

const WORKGROUP_SIZE = {{ invocations }}u;

{% call(latent, invocation) workgroup_per("params.latents", invocations) %}
    let first = latent * params.values;
    var best = 0u;
    var distance = 3.4028234e38;
    for (var j = 0u; j < params.candidates; j += 1u) {
        let candidate = (latent * params.candidates + j) * params.values;
        var squares = {{ Value }}();
        for (var e = invocation; e < params.values; e += WORKGROUP_SIZE) {
            let difference = x[first + e] - noise[candidate + e];
            squares += difference * difference;
        }
        let square = workgroup_sum({% if vector == 4 %}dot(squares, vec4<f32>(1.0)){% else %}squares{% endif %}, invocation);
        let nearer = square < distance;
        best = select(best, j, nearer);
        distance = select(distance, square, nearer);
    }
    let candidate = (latent * params.candidates + best) * params.values;
    for (var e = invocation; e < params.values; e += WORKGROUP_SIZE) {
        y[first + e] = noise[candidate + e];
    }
{% endcall %}
