// Cosine and sine of an angle that is `quarters` quarters of a turn and `angle` radians, at most an eighth of a turn, by polynomials: the
// built-in functions may be off by 2^-11, and differ between adapters.
fn cos_sin_near(quarters: u32, angle: f32) -> vec2<f32> {
    let s = angle * angle;
    let c = 1.0 + s * (-0.5 + s * (0.041666666 + s * (-0.0013888889 + s * 2.4801587e-5)));
    let n = angle * (1.0 + s * (-0.16666667 + s * (0.008333333 + s * (-1.9841270e-4 + s * 2.7557319e-6))));
    let turned = quarters & 3u;
    let swapped = select(vec2<f32>(c, n), vec2<f32>(n, c), (turned & 1u) == 1u);
    // cos(a + 1/4) = -sin a, cos(a + 1/2) = -cos a; sin(a + 1/2) = -sin a, sin(a + 3/4) = -cos a.
    let negative = vec2<bool>(turned == 1u || turned == 2u, turned >= 2u);
    return select(swapped, -swapped, negative);
}
