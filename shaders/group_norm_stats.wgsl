// Each channel's mean and the sum of squares around it over a chunk of positions (Welford 1962).
// A lane per {{ vector }} channels (a piece) of a chunk.
{% include "shared/norm_chunks.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read_write> means: array<Value>; // [N, chunks, C]
@group(0) @binding(2) var<storage, read_write> squares: array<Value>; // [N, chunks, C]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + lane;
    if item >= params.lanes {
        return;
    }
    let strip = item / params.pieces; // over N and chunks
    let piece = item - strip * params.pieces;
    let sample = strip / params.chunks;
    let chunk = strip - sample * params.chunks;
    let start = sample * params.positions * params.pieces + piece;
    let end = min(chunk * params.start_step + params.span, params.positions);
    var mean = Value();
    var square = Value();
    var count = 0.0;
    for (var p = chunk * params.start_step; p < end; p += params.step) {
        let value = x[start + p * params.pieces];
        count += 1.0;
        let step = value - mean;
        mean += step * (1.0 / count);
        square += step * (value - mean);
    }
    means[item] = mean;
    squares[item] = square;
}
