//! Softmax, over the channels of a row or over the positions of a channel.

use super::{Array, dot};

/// `softmax(x)` of one slice; the largest element is subtracted first.
pub fn softmax(x: &[f64]) -> Vec<f64> {
    let max_x = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exp_x: Vec<f64> = x.iter().map(|x| (x - max_x).exp()).collect();
    let sum_exp: f64 = exp_x.iter().sum();
    exp_x.iter().map(|exp_x| exp_x / sum_exp).collect()
}

/// Gradient of [`softmax`] from its output: `dx_i = y_i (dy_i - sum_j y_j dy_j)`.
#[track_caller]
pub fn softmax_gradient(y: &[f64], dy: &[f64]) -> Vec<f64> {
    let sum_y_dy = dot(y, dy);
    y.iter().zip(dy).map(|(y, dy)| y * (dy - sum_y_dy)).collect()
}

/// `softmax(scale x)` over the last axis.
pub fn softmax_fwd(x: &Array, scale: f64) -> Array {
    let mut y = x.map(|x| scale * x);
    for r in 0..y.rows() {
        let row = softmax(y.row(r));
        y.row_mut(r).copy_from_slice(&row);
    }
    y
}

/// Gradient of [`softmax_fwd`] from its output `y`.
#[track_caller]
pub fn softmax_bwd(y: &Array, dy: &Array, scale: f64) -> Array {
    let mut dx = Array::zeros(&y.shape);
    for r in 0..y.rows() {
        for (dx, gradient) in dx.row_mut(r).iter_mut().zip(softmax_gradient(y.row(r), dy.row(r))) {
            *dx = scale * gradient;
        }
    }
    dx
}

/// Channel `c` of sample `b` of `[B, L, C]`, at all positions.
fn column(x: &Array, b: usize, c: usize) -> Vec<f64> {
    (0..x.shape[1]).map(|l| x[[b, l, c]]).collect()
}

/// Softmax over the positions L of `[B, L, C]`, for each sample and channel.
#[track_caller]
pub fn softmax_positions_fwd(x: &Array) -> Array {
    assert_eq!(x.shape.len(), 3, "softmax_positions_fwd: expected [B, L, C], got {:?}", x.shape);
    let mut y = Array::zeros(&x.shape);
    for b in 0..x.shape[0] {
        for c in 0..x.shape[2] {
            for (l, value) in softmax(&column(x, b, c)).into_iter().enumerate() {
                y[[b, l, c]] = value;
            }
        }
    }
    y
}

/// Gradient of [`softmax_positions_fwd`] from its output `y`.
#[track_caller]
pub fn softmax_positions_bwd(y: &Array, dy: &Array) -> Array {
    let mut dx = Array::zeros(&y.shape);
    for b in 0..y.shape[0] {
        for c in 0..y.shape[2] {
            for (l, value) in softmax_gradient(&column(y, b, c), &column(dy, b, c)).into_iter().enumerate() {
                dx[[b, l, c]] = value;
            }
        }
    }
    dx
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn large_inputs_do_not_overflow() {
        let y = softmax_fwd(&Array::new(&[1, 3], vec![1e4, 1e4, -1e4]), 3.0);
        assert_eq!(y.data, [0.5, 0.5, 0.0]);
    }

    #[test]
    fn softmax_gradients() {
        let (x, dy) = (Array::random(&[2, 3, 5], 1), Array::random(&[2, 3, 5], 2));
        check(&x, &softmax_bwd(&softmax_fwd(&x, 0.7), &dy, 0.7), &dy, |x| softmax_fwd(x, 0.7));
        check(&x, &softmax_positions_bwd(&softmax_positions_fwd(&x), &dy), &dy, softmax_positions_fwd);
    }
}
