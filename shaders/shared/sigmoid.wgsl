// 1 / (1 + e^-x), with x clamped to -80, since e^-x would overflow below.
fn sigmoid(x: Value) -> Value {
    return 1.0 / (1.0 + exp(-max(x, Value(-80.0))));
}

// The derivative of x sigmoid(x).
fn silu_slope(x: Value) -> Value {
    let s = sigmoid(x);
    return s * (1.0 + x * (1.0 - s));
}
