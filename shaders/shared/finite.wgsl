// Whether x is a number and not infinite: those have all bits of the exponent set.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
