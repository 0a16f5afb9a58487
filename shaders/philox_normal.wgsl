// y = standard normal noise as a function of (seed, sample, element): pairs of Philox words, transformed as by Box and Muller (1958).
// Elements 4b to 4b + 3 of a sample use the counter [b, 0, sample low, sample high].
struct Params {
    samples: u32,
    elements: u32, // per sample
    blocks: u32, // of four elements per sample
    first_low: u32, // the number of the first sample
    first_high: u32,
    seed_low: u32,
    seed_high: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read_write> y: array<f32>; // [samples, elements]

{% include "shared/index.wgsl" %}
{% include "shared/philox.wgsl" %}
{% include "shared/cos_sin.wgsl" %}

// Cosine and sine of an angle in turns, in [0, 1).
fn cos_sin(turns: f32) -> vec2<f32> {
    let quarter = floor(4.0 * turns + 0.5);
    return cos_sin_near(u32(quarter), (turns - 0.25 * quarter) * 6.283185307179586);
}

fn normal_pair(words: vec2<u32>) -> vec2<f32> {
    let radius = sqrt(-2.0 * log(uniform_number(words.x)));
    return radius * cos_sin(uniform_number(words.y));
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let i = workgroup_number(workgroup, grid) * 64u + invocation;
    if i >= params.samples * params.blocks {
        return;
    }
    let sample = i / params.blocks;
    let block = i - sample * params.blocks;
    let low = params.first_low + sample;
    let high = params.first_high + select(0u, 1u, low < sample);
    let words = philox(vec4<u32>(block, 0u, low, high), vec2<u32>(params.seed_low, params.seed_high));
    let normal = vec4<f32>(normal_pair(words.xy), normal_pair(words.zw));
    let first = sample * params.elements + 4u * block;
    let left = params.elements - 4u * block;
    y[first] = normal.x;
    if left > 1u {
        y[first + 1u] = normal.y;
    }
    if left > 2u {
        y[first + 2u] = normal.z;
    }
    if left > 3u {
        y[first + 3u] = normal.w;
    }
}
