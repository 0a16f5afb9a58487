// Time as sines, then cosines, of frequencies from 1 to 1 / 10000; a lane per frequency.
struct Params {
    length: u32,
    half_channels: u32,
    ratio: u32,
}
{{ immediates }}

@group(0) @binding(0) var<storage, read> t: array<f32>; // [N], at least 0
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [N, 2 half]

{% include "shared/index.wgsl" %}
{% include "shared/turn.wgsl" %}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    if i >= params.length {
        return;
    }
    let row = i / params.half_channels;
    let place = i - row * params.half_channels;
    let turn = frequency(place, params.ratio);
    let whole = floor(t[row]);
    // The fraction of a unit turns by less than a radian, so that f32 is exact enough for it.
    let angle = radians_of(u32(whole) * turn) + (t[row] - whole) * f32(turn) * 1.4629180792671596e-9;
    y[row * 2u * params.half_channels + place] = sin(angle);
    y[(row * 2u + 1u) * params.half_channels + place] = cos(angle);
}
