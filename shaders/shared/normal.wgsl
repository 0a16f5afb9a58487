// The standard normal distribution: its density phi, and its distribution function Phi.

fn normal_density(x: vec4<f32>) -> vec4<f32> {
    return 0.3989422804 * exp(-0.5 * x * x);
}

// The tail beyond |x| is e^(-x^2/2) t p(t) with t = 1 / (1 + 0.3 |x|); p is the Chebyshev fit of degree 8 on |x| <= 9, within 1e-8.
fn normal_below(x: vec4<f32>) -> vec4<f32> {
    let far = min(abs(x), vec4<f32>(9.0));
    let t = 1.0 / (1.0 + 0.3 * far);
    var p = vec4<f32>(-0.00574618213);
    p = p * t + 0.066597753;
    p = p * t - 0.227829081;
    p = p * t + 0.29561069;
    p = p * t - 0.121828961;
    p = p * t + 0.160688558;
    p = p * t + 0.0907940818;
    p = p * t + 0.122177332;
    p = p * t + 0.119535816;
    let tail = exp(-0.5 * far * far) * t * p;
    return select(1.0 - tail, tail, x < vec4<f32>(0.0));
}
