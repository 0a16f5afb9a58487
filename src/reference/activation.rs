//! Activations: SiLU and the two forms of GELU.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use super::Array;

/// The logistic function `1 / (1 + e^-x)`, without overflow for either sign.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// SiLU, `x sigmoid(x)` (Elfwing et al. 2018; Hendrycks and Gimpel 2016).
pub fn silu(x: f64) -> f64 {
    x * sigmoid(x)
}

/// Derivative of [`silu`]: `s (1 + x (1 - s))` with `s = sigmoid(x)`.
pub fn silu_derivative(x: f64) -> f64 {
    let s = sigmoid(x);
    s * (1.0 + x * (1.0 - s))
}

/// The error function to double precision.
///
/// `erf(x) = 2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 .. (2n+1))` (Abramowitz and Stegun 7.1.6), whose terms all
/// have one sign; beyond 6 it is 1 in double precision.
pub fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut total, mut n) = (x, x, 0.0);
    while term.abs() > f64::EPSILON / 8.0 * total.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        total += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * total
}

/// Elementwise [`silu`].
pub fn silu_fwd(x: &Array) -> Array {
    x.map(silu)
}

/// Gradient of [`silu_fwd`].
#[track_caller]
pub fn silu_bwd(x: &Array, dy: &Array) -> Array {
    x.zip(dy, |x, dy| dy * silu_derivative(x))
}

/// Exact GELU, `x Phi(x)` with `Phi(x) = (1 + erf(x / sqrt 2)) / 2` (Hendrycks and Gimpel 2016), not its tanh approximation.
pub fn gelu_fwd(x: &Array) -> Array {
    x.map(|x| x * 0.5 * (1.0 + erf(x * FRAC_1_SQRT_2)))
}

/// Gradient of [`gelu_fwd`]: `Phi(x) + x phi(x)`.
#[track_caller]
pub fn gelu_bwd(x: &Array, dy: &Array) -> Array {
    x.zip(dy, |x, dy| dy * (0.5 * (1.0 + erf(x * FRAC_1_SQRT_2)) + x * (-0.5 * x * x).exp() / TAU.sqrt()))
}

/// `sqrt(2 / pi) (x + 0.044715 x^3)`, the argument of the tanh in [`gelu_tanh_fwd`], and its derivative.
fn gelu_tanh_argument(x: f64) -> (f64, f64) {
    let factor = (2.0 / PI).sqrt();
    (factor * (x + 0.044715 * x.powi(3)), factor * (1.0 + 3.0 * 0.044715 * x * x))
}

/// The tanh approximation of GELU, `x (1 + tanh(u)) / 2` with `u = sqrt(2 / pi) (x + 0.044715 x^3)` (Hendrycks and Gimpel 2016).
pub fn gelu_tanh_fwd(x: &Array) -> Array {
    x.map(|x| 0.5 * x * (1.0 + gelu_tanh_argument(x).0.tanh()))
}

/// Gradient of [`gelu_tanh_fwd`]: `(1 + tanh(u)) / 2 + x (1 - tanh(u)^2) u' / 2`.
#[track_caller]
pub fn gelu_tanh_bwd(x: &Array, dy: &Array) -> Array {
    x.zip(dy, |x, dy| {
        let (argument, slope) = gelu_tanh_argument(x);
        let tanh = argument.tanh();
        dy * 0.5 * (1.0 + tanh + x * (1.0 - tanh * tanh) * slope)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn erf_known_values() {
        for (x, y) in [(0.0, 0.0), (0.5, 0.5204998778130465), (1.0, 0.8427007929497149), (3.0, 0.9999779095030014)] {
            assert!((erf(x) - y).abs() < 1e-15 && (erf(-x) + y).abs() < 1e-15, "erf({x}) = {}", erf(x));
        }
    }

    #[test]
    fn far_values_stay_finite() {
        let x = Array::new(&[4], vec![-1e4, -800.0, 800.0, 1e4]);
        assert_eq!(silu_fwd(&x).data, [0.0, 0.0, 800.0, 1e4]);
        assert_eq!(gelu_fwd(&x).data, [0.0, 0.0, 800.0, 1e4]);
        assert_eq!(silu_bwd(&x, &Array::full(&[4], 1.0)).data, [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn both_forms_of_gelu_agree_to_three_digits() {
        let x = Array::new(&[121], (0..121).map(|i| 0.1 * f64::from(i) - 6.0).collect());
        let difference = gelu_fwd(&x).zip(&gelu_tanh_fwd(&x), |a, b| (a - b).abs());
        assert!(difference.data.iter().all(|&difference| difference < 5e-4));
    }

    #[test]
    fn activation_gradients() {
        let (x, dy) = (Array::random(&[3, 7], 1).map(|x| 2.0 * x), Array::random(&[3, 7], 2));
        check(&x, &silu_bwd(&x, &dy), &dy, silu_fwd);
        check(&x, &gelu_bwd(&x, &dy), &dy, gelu_fwd);
        check(&x, &gelu_tanh_bwd(&x, &dy), &dy, gelu_tanh_fwd);
    }
}
