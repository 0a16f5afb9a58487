// The quotient and the remainder of whole numbers below 2^31. Integer division is slow on many devices; multiplication by the reciprocal is
// off by at most one in 2^20. The remainder of the first guess is divided again, and the second is off by at most one, which its remainder
// shows. So the result is exact for any division that WGSL permits (2.5 ULP).
fn divide(value: u32, divisor: u32) -> vec2<u32> {
    let reciprocal = 1.0 / f32(divisor);
    let guess = u32(f32(value) * reciprocal);
    let rest = i32(value - guess * divisor);
    let correction = i32(f32(rest) * reciprocal);
    let last_rest = rest - correction * i32(divisor);
    let over = i32(last_rest >= i32(divisor));
    let under = i32(last_rest < 0);
    let quotient = guess + u32(correction + over - under);
    return vec2<u32>(quotient, value - quotient * divisor);
}
