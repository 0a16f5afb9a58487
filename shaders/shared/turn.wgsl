// Angles in units of 2^-32 turn. In f32, a large angle in radians loses its low digits; in these units the product of a position and
// a frequency wraps around at a full turn, and is exact.

// The high word of a product of two words, rounded to the nearest, from four 16-bit products.
fn rounded_high(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u) + ((middle >> 15u) & 1u);
}

// Frequency i, in 2^-32 turn per position: 1 radian times (ratio 2^-32)^i.
fn frequency(i: u32, ratio: u32) -> u32 {
    var turn = 683565276u; // 2^32 / (2 pi)
    for (var step = 0u; step < i; step += 1u) {
        turn = rounded_high(turn, ratio);
    }
    return turn;
}

{% include "shared/cos_sin.wgsl" %}

// Cosine and sine of an angle.
fn cos_sin(turn: u32) -> vec2<f32> {
    let quarters = (turn + 0x20000000u) >> 30u;
    return cos_sin_near(quarters, f32(bitcast<i32>(turn - (quarters << 30u))) * 1.4629180792671596e-9); // 2 pi / 2^32
}
