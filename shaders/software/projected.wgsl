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

{% from "software/eight_lanes.wgsl" import reductions -%}
{{ reductions("f32") }}

// The sum over the head's channels of a vector by depth, in each of its eight lanes.
fn over_depth_sum(x: vec4<f32>, invocation: u32) -> f32 {
    return sum_of_eight((x.x + x.y) + (x.z + x.w), invocation);
}

// The same for the maximum.
fn over_depth_max(x: vec4<f32>, invocation: u32) -> f32 {
    return max_of_eight(max(max(x.x, x.y), max(x.z, x.w)), invocation);
}
