// Whether x is neither NaN nor infinite. Those have all bits of the exponent set, and no other numbers do.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
