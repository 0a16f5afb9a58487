// Dynamic loss scaling: a non-finite gradient halves the scale, `interval` finite ones in a row double it, up to `largest`.
struct Params {
    interval: f32,
    largest: f32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> norm: array<f32>; // [1]
@group(0) @binding(1) var<storage, read> state: array<f32>; // [2]: scale, finite gradients in a row
@group(0) @binding(2) var<storage, read_write> next: array<f32>; // [2]

{% include "shared/finite.wgsl" %}

@compute @workgroup_size(1)
fn main() {
    let good = select(0.0, state[1] + 1.0, is_finite(norm[0]));
    let grown = select(state[0], min(2.0 * state[0], params.largest), good >= params.interval);
    next[0] = select(0.5 * state[0], grown, good > 0.0);
    next[1] = select(good, 0.0, good >= params.interval);
}
