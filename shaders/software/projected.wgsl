// What the kernels of projected linear attention share besides software/projected_head.wgsl. For software Vulkan alone, see README.md.
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    span: u32, // positions that a workgroup takes
    scale: f32,
}
{{ immediates }}

alias Row = vec{{ channels // 8 }}<f32>;

// In quads: a pixel of x, a row of the weights of q, k and v, and one of the three.
const PIXEL = {{ channels // 4 }}u;

fn weights_row() -> u32 {
    return 24u * params.heads;
}

// The sum over the head's channels of a vector by depth, in every lane. The lanes meet pairwise, three times.
fn over_depth_sum(x: vec4<f32>, lane: u32) -> f32 {
    var sum = (x.x + x.y) + (x.z + x.w);
    sum += subgroupShuffle(sum, lane ^ 1u);
    sum += subgroupShuffle(sum, lane ^ 2u);
    return sum + subgroupShuffle(sum, lane ^ 4u);
}

fn over_depth_max(x: vec4<f32>, lane: u32) -> f32 {
    var most = max(max(x.x, x.y), max(x.z, x.w));
    most = max(most, subgroupShuffle(most, lane ^ 1u));
    most = max(most, subgroupShuffle(most, lane ^ 2u));
    return max(most, subgroupShuffle(most, lane ^ 4u));
}
