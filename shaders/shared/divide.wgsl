// Quotient and remainder by a product with the reciprocal, since integer division is slow, on software Vulkan above all. The product is
// off by at most one, which the remainder shows. Exact while the quotient is below 2^21, for any division that WGSL permits (2.5 ULP).
fn divide(value: u32, divisor: u32) -> vec2<u32> {
    let guess = u32(f32(value) * (1.0 / f32(divisor)));
    let rest = i32(value) - i32(guess * divisor);
    let over = u32(rest >= i32(divisor));
    let under = u32(rest < 0);
    let quotient = guess + over - under;
    return vec2<u32>(quotient, value - quotient * divisor);
}
