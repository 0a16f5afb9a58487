// Each channel's mean and M2, the sum of squared deviations from it, over a chunk of positions (Welford 1962).
// One invocation per chunk and {{ vector }} channels.
{% include "shared/norm_chunked.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [N, positions, C]
@group(0) @binding(1) var<storage, read_write> chunk_mean: array<Value>; // [N, chunks, C]
@group(0) @binding(2) var<storage, read_write> chunk_m2: array<Value>; // [N, chunks, C]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_number(workgroup, grid) * 64u + invocation;
    if item >= params.length {
        return;
    }
    {% include "shared/norm_chunked_index.wgsl" %}
    // Near the elements: a driver's 1 / 1 may be off by 2.5 ULP, which multiplies the first difference.
    var mean = x[base + first * params.vectors];
    var m2 = Value();
    var count = 0.0;
    for (var p = first; p < end; p += params.stride) {
        let value = x[base + p * params.vectors];
        count += 1.0;
        let delta = value - mean;
        mean += delta * (1.0 / count);
        m2 += delta * (value - mean);
    }
    chunk_mean[item] = mean;
    chunk_m2[item] = m2;
}
