// For each latent the nearest of its candidate noises, the first on ties. A workgroup serves one latent: its lanes share the
// distance to each candidate, then copy the nearest one.
struct Params {
    latents: u32,
    candidates: u32,
    elements: u32, // per latent
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [latents, elements]
@group(0) @binding(1) var<storage, read> noise: array<f32>; // [latents, candidates, elements]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [latents, elements]

{% include "shared/index.wgsl" %}

const LANES = 32u;
var<workgroup> squares: array<f32, 32>;

@compute @workgroup_size(32)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = workgroup_number(workgroup, grid);
    let latent = min(number, params.latents - 1u);
    let first = latent * params.elements;
    var best = 0u;
    var distance = 3.4028234e38;
    for (var j = 0u; j < params.candidates; j += 1u) {
        let candidate = (latent * params.candidates + j) * params.elements;
        var mine = 0.0;
        for (var e = lane; e < params.elements; e += LANES) {
            let away = x[first + e] - noise[candidate + e];
            mine += away * away;
        }
        squares[lane] = mine;
        workgroupBarrier();
        var square = 0.0;
        for (var l = 0u; l < LANES; l += 1u) {
            square += squares[l];
        }
        workgroupBarrier();
        best = select(best, j, square < distance);
        distance = min(distance, square);
    }
    if number < params.latents {
        let candidate = (latent * params.candidates + best) * params.elements;
        for (var e = lane; e < params.elements; e += LANES) {
            y[first + e] = noise[candidate + e];
        }
    }
}
