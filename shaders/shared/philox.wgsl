// Philox4x32-10 (Salmon et al. 2011): four random words from a counter and a key. The twin of `rng::philox`.

// The 64-bit product of two words, low word first, from four 16-bit products.
fn wide_product(a: u32, b: u32) -> vec2<u32> {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
    return vec2<u32>(a * b, (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u));
}

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var k = key;
    for (var round = 0u; round < 10u; round += 1u) {
        let first = wide_product(0xD2511F53u, c.x);
        let second = wide_product(0xCD9E8D57u, c.z);
        c = vec4<u32>(second.y ^ c.y ^ k.x, second.x, first.y ^ c.w ^ k.y, first.x);
        k += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// A word as a number in (0, 1), 24 bits fine.
fn uniform_number(word: u32) -> f32 {
    return (f32(word >> 8u) + 0.5) / 16777216.0;
}
