// Column and row of an invocation in a tile that is {{ across }} invocations across. Thirty-two neighbours form a block of 8 x 4, so
// that a subgroup reads few rows and few columns of the slices.
fn tile_place(invocation: u32) -> vec2<u32> {
    let block = invocation / 32u;
    return vec2<u32>(invocation % 8u + block % {{ across // 8 }}u * 8u, invocation / 8u % 4u + block / {{ across // 8 }}u * 4u);
}
