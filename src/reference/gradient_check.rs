//! Checks of backward functions by central finite differences.

use super::{Array, dot};

/// Step of the difference.
const STEP: f64 = 1e-5;
/// Limit on the relative error.
const BOUND: f64 = 1e-6;

/// Checks `dx` against central differences of `sum(f(x) * dy)` in every element of `x`.
#[track_caller]
pub fn check(x: &Array, dx: &Array, dy: &Array, f: impl Fn(&Array) -> Array) {
    check_scalar(x, dx, |x| {
        let y = f(x);
        assert_eq!(y.shape, dy.shape, "the output and its gradient differ in shape");
        dot(&y.data, &dy.data)
    });
}

/// Checks `dx` against central differences of the scalar `f(x)` in every element of `x`.
#[track_caller]
pub fn check_scalar(x: &Array, dx: &Array, f: impl Fn(&Array) -> f64) {
    assert_eq!(x.shape, dx.shape, "an input and its gradient differ in shape");
    let shifted = |i: usize, by: f64| {
        let mut x = x.clone();
        x.data[i] += by;
        f(&x)
    };
    let numeric: Vec<f64> = (0..x.len()).map(|i| (shifted(i, STEP) - shifted(i, -STEP)) / (2.0 * STEP)).collect();
    let error: f64 = numeric.iter().zip(&dx.data).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let norm = dot(&numeric, &numeric).sqrt();
    assert!(norm > 1e-3, "a gradient of norm {norm:e} is too small to check");
    assert!(error <= BOUND * norm, "relative error {:e}\n numeric {numeric:?}\nanalytic {:?}", error / norm, dx.data);
}
