//! Losses: means over all elements, and their gradients with respect to the prediction.

use super::{Array, mean, sigmoid};

/// The mean of `value` over pairs of prediction and target, and its gradient from the derivative of `value`.
#[track_caller]
fn averaged(
    x: &Array,
    target: &Array,
    value: impl Fn(f64, f64) -> f64,
    derivative: impl Fn(f64, f64) -> f64,
) -> (f64, Array) {
    let count = x.len() as f64;
    (mean(&x.zip(target, value)), x.zip(target, |x, t| derivative(x, t) / count))
}

/// Mean squared error, `mean (x - t)^2`.
#[track_caller]
pub fn mse(x: &Array, target: &Array) -> (f64, Array) {
    averaged(x, target, |x, t| (x - t).powi(2), |x, t| 2.0 * (x - t))
}

/// Mean absolute error, `mean |x - t|`; its gradient is 0 at x = t.
#[track_caller]
pub fn l1(x: &Array, target: &Array) -> (f64, Array) {
    averaged(x, target, |x, t| (x - t).abs(), |x, t| if x == t { 0.0 } else { (x - t).signum() })
}

/// `-t log p - (1 - t) log(1 - p)` with `p = sigmoid(x)`, as `max(x, 0) - t x + log(1 + e^-|x|)`, which does not overflow.
fn binary_entropy(x: f64, t: f64) -> f64 {
    x.max(0.0) - t * x + (-x.abs()).exp().ln_1p()
}

/// Binary cross-entropy of logits x against targets in [0, 1].
#[track_caller]
pub fn bce_logits(x: &Array, target: &Array) -> (f64, Array) {
    averaged(x, target, binary_entropy, |x, t| sigmoid(x) - t)
}

/// Focal binary cross-entropy of logits (Lin et al. 2017, arXiv 1708.02002, equation 5): `alpha_t (1 - p_t)^gamma ce`.
///
/// `1 - p_t = t (1 - p) + (1 - t) p` and `alpha_t = t alpha + (1 - t)(1 - alpha)` extend the paper's definitions to targets
/// between 0 and 1. `gamma` is 0 or at least 1.
#[track_caller]
pub fn focal_bce_logits(x: &Array, target: &Array, alpha: f64, gamma: f64) -> (f64, Array) {
    let alpha_t = |t: f64| t * alpha + (1.0 - t) * (1.0 - alpha);
    let one_minus_p_t = |x: f64, t: f64| t * sigmoid(-x) + (1.0 - t) * sigmoid(x);
    let value = |x, t| alpha_t(t) * one_minus_p_t(x, t).powf(gamma) * binary_entropy(x, t);
    let derivative = |x, t| {
        let q: f64 = one_minus_p_t(x, t);
        let dq = (1.0 - 2.0 * t) * sigmoid(x) * sigmoid(-x);
        // The derivative of q^0 is 0, also at q = 0.
        let dmodulation = if gamma == 0.0 { 0.0 } else { gamma * q.powf(gamma - 1.0) * dq };
        alpha_t(t) * (q.powf(gamma) * (sigmoid(x) - t) + dmodulation * binary_entropy(x, t))
    };
    averaged(x, target, value, derivative)
}

/// Cross-entropy of logits x `[rows, C]` against a class per row: `sum_r w_r (log sum_c exp(x_rc) - x_r,class)`, and its gradient
/// `w_r (softmax(x_r)_c - [c = class])`.
#[track_caller]
pub fn cross_entropy(x: &Array, classes: &[usize], weights: &[f64]) -> (f64, Array) {
    let (mut value, mut gradient) = (0.0, Array::zeros(&x.shape));
    for (r, (&class, &weight)) in classes.iter().zip(weights).enumerate() {
        let row = x.row(r);
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|x| (x - largest).exp()).sum();
        value += weight * (sum.ln() + largest - row[class]);
        for (c, slope) in gradient.row_mut(r).iter_mut().enumerate() {
            *slope = weight * ((row[c] - largest).exp() / sum - f64::from(u8::from(c == class)));
        }
    }
    (value, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check_scalar;

    #[test]
    fn losses_known_by_hand() {
        let (x, t) = (Array::new(&[2], vec![1.0, 3.0]), Array::new(&[2], vec![2.0, 1.0]));
        assert_eq!((mse(&x, &t).0, l1(&x, &t).0), (2.5, 1.5));
        let (x, t) = (Array::new(&[2], vec![0.0, 0.0]), Array::new(&[2], vec![1.0, 0.0]));
        assert!((bce_logits(&x, &t).0 - 2f64.ln()).abs() < 1e-15);
        assert!((focal_bce_logits(&x, &t, 0.9, 2.0).0 - 0.5 * 0.25 * 2f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn far_logits_stay_finite() {
        let (x, t) = (Array::new(&[4], vec![-900.0, 900.0, -900.0, 900.0]), Array::new(&[4], vec![1.0, 0.0, 0.0, 1.0]));
        assert_eq!(bce_logits(&x, &t).0, 450.0);
        for gamma in [0.0, 1.0, 2.0] {
            let (value, gradient) = focal_bce_logits(&x, &t, 0.5, gamma);
            assert_eq!(value, 225.0);
            assert!(gradient.data.iter().all(|g| g.is_finite()));
        }
    }

    #[test]
    fn focal_without_focus_is_half_the_cross_entropy() {
        let (x, t) = (Array::random(&[9], 1), Array::random(&[9], 2).map(sigmoid));
        assert!((focal_bce_logits(&x, &t, 0.5, 0.0).0 - 0.5 * bce_logits(&x, &t).0).abs() < 1e-12);
    }

    #[test]
    fn loss_gradients() {
        let x = Array::random(&[3, 5], 1).map(|x| 2.0 * x);
        for target in [Array::random(&[3, 5], 2).map(|t| f64::from(t > 0.0)), Array::random(&[3, 5], 3).map(sigmoid)] {
            check_scalar(&x, &mse(&x, &target).1, |x| mse(x, &target).0);
            check_scalar(&x, &l1(&x, &target).1, |x| l1(x, &target).0);
            check_scalar(&x, &bce_logits(&x, &target).1, |x| bce_logits(x, &target).0);
            for gamma in [0.0, 1.0, 2.0] {
                let focal = |x: &Array| focal_bce_logits(x, &target, 0.9, gamma);
                check_scalar(&x, &focal(&x).1, |x| focal(x).0);
            }
        }
    }

    #[test]
    fn equal_logits_give_the_logarithm_of_the_number_of_classes() {
        let (value, gradient) = cross_entropy(&Array::zeros(&[2, 4]), &[1, 3], &[1.0, 0.0]);
        assert!((value - 4f64.ln()).abs() < 1e-15);
        assert_eq!(gradient.data, [0.25, -0.75, 0.25, 0.25, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn gradient_of_the_cross_entropy() {
        let x = Array::random(&[3, 5], 1).map(|x| 3.0 * x);
        let (classes, weights) = ([4, 0, 2], [0.5, 2.0, 0.0]);
        check_scalar(&x, &cross_entropy(&x, &classes, &weights).1, |x| cross_entropy(x, &classes, &weights).0);
    }
}
