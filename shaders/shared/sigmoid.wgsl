// 1 / (1 + e^-x); below -80, where e^-x would overflow, as at -80.
fn sigmoid(x: Value) -> Value {
    return 1.0 / (1.0 + exp(-max(x, Value(-80.0))));
}

// The derivative of x sigmoid(x).
fn silu_slope(x: Value) -> Value {
    let s = sigmoid(x);
    return s * (1.0 + x * (1.0 - s));
}
