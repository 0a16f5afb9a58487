// For each latent the nearest of its candidate noises, the first on ties. A workgroup serves one latent: its lanes share the
// distance to each candidate, then copy the nearest one.
//
// vector: floats per value (4 where the elements of a latent divide by 4). lanes, one_subgroup: as in shared/team.wgsl.
struct Params {
    latents: u32,
    candidates: u32,
    values: u32, // per latent
}
{{ immediates }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> x: array<{{ Value }}>; // [latents, values]
@group(0) @binding(1) var<storage, read> noise: array<{{ Value }}>; // [latents, candidates, values]
@group(0) @binding(2) var<storage, read_write> y: array<{{ Value }}>; // [latents, values]

{% include "shared/index.wgsl" %}
{% include "shared/team.wgsl" %}

const LANES = {{ lanes }}u;

@compute @workgroup_size({{ lanes }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let latent = min(number, params.latents - 1u);
    let first = latent * params.values;
    var best = 0u;
    var distance = 3.4028234e38;
    for (var j = 0u; j < params.candidates; j += 1u) {
        let candidate = (latent * params.candidates + j) * params.values;
        var squares = {{ Value }}();
        for (var e = lane; e < params.values; e += LANES) {
            let away = x[first + e] - noise[candidate + e];
            squares += away * away;
        }
        let square = team_sum({% if vector == 4 %}dot(squares, vec4<f32>(1.0)){% else %}squares{% endif %}, lane);
        best = select(best, j, square < distance);
        distance = min(distance, square);
    }
    if number < params.latents {
        let candidate = (latent * params.candidates + best) * params.values;
        for (var e = lane; e < params.values; e += LANES) {
            y[first + e] = noise[candidate + e];
        }
    }
}
