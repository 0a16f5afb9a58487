// Params and reductions of projected linear attention; software/projected_head.wgsl has its blocks. For software Vulkan alone, see
// README.md.
struct Params {
    samples: u32,
    positions: u32,
    heads: u32,
    span: u32, // positions per workgroup
    scale: f32,
}
{{ params }}

alias Row = vec{{ channels // 8 }}<f32>;

// Quads of a position of x.
const QUADS = {{ channels // 4 }}u;

// Quads of a row of the weights of q, k and v.
fn weights_row() -> u32 {
    return 24u * params.heads;
}

// The sum over the head's channels of a vector by depth, in each of its eight lanes: a butterfly of three
// shuffles.
fn over_depth_sum(x: vec4<f32>, invocation: u32) -> f32 {
    var sum = (x.x + x.y) + (x.z + x.w);
    sum += subgroupShuffle(sum, invocation ^ 1u);
    sum += subgroupShuffle(sum, invocation ^ 2u);
    return sum + subgroupShuffle(sum, invocation ^ 4u);
}

// The same for the maximum.
fn over_depth_max(x: vec4<f32>, invocation: u32) -> f32 {
    var largest = max(max(x.x, x.y), max(x.z, x.w));
    largest = max(largest, subgroupShuffle(largest, invocation ^ 1u));
    largest = max(largest, subgroupShuffle(largest, invocation ^ 2u));
    return max(largest, subgroupShuffle(largest, invocation ^ 4u));
}
