// 1 / (1 + e^-x); below -80, where e^-x would overflow, as at -80.
fn sigmoid(x: vec4<f32>) -> vec4<f32> {
    return 1.0 / (1.0 + exp(-max(x, vec4<f32>(-80.0))));
}

// The derivative of x sigmoid(x).
fn silu_slope(x: vec4<f32>) -> vec4<f32> {
    let s = sigmoid(x);
    return s * (1.0 + x * (1.0 - s));
}
