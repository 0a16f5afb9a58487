//! Central finite differences: what every backward function of this room is held against.

use super::{Array, dot};

const STEP: f64 = 1e-5;
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
    let moved = |i: usize, by: f64| {
        let mut x = x.clone();
        x.data[i] += by;
        f(&x)
    };
    let numeric: Vec<f64> = (0..x.len()).map(|i| (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP)).collect();
    let error: f64 = numeric.iter().zip(&dx.data).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let size = dot(&numeric, &numeric).sqrt();
    assert!(size > 1e-3, "a gradient of size {size:e} checks nothing");
    assert!(error <= BOUND * size, "relative error {:e}\n numeric {numeric:?}\nanalytic {:?}", error / size, dx.data);
}
