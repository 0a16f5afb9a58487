// Where an invocation stands in a tile that {{ across }} of them share side by side. Thirty-two neighbours form a block of 8 x 4, so
// that a subgroup reads few rows and few columns of the slices.
fn tile_place(lane: u32) -> vec2<u32> {
    let block = lane / 32u;
    return vec2<u32>(lane % 8u + block % {{ across // 8 }}u * 8u, lane / 8u % 4u + block / {{ across // 8 }}u * 4u);
}
