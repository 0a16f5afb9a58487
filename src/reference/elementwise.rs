//! Sums and scalings, element by element.

use super::{Array, dot};

/// `a + b`, of one shape. Backward: `dy` for both.
#[track_caller]
pub fn add(a: &Array, b: &Array) -> Array {
    a.zip(b, |a, b| a + b)
}

/// `x + bias` with bias `[C]` added to every row. Backward: `dy`, and `column_sum(dy)` for the bias.
#[track_caller]
pub fn add_bias(x: &Array, bias: &Array) -> Array {
    assert_eq!(bias.shape, [x.channels()], "add_bias: {:?} + {:?}", x.shape, bias.shape);
    let mut y = x.clone();
    for r in 0..y.rows() {
        for (value, bias) in y.row_mut(r).iter_mut().zip(&bias.data) {
            *value += bias;
        }
    }
    y
}

/// `x` times a learned scalar `gamma` `[1]`.
#[track_caller]
pub fn scale_fwd(x: &Array, gamma: &Array) -> Array {
    let gamma = gamma[[0]];
    x.map(|x| gamma * x)
}

/// Gradients of [`scale_fwd`]: `dx = gamma dy`, `dgamma = sum(x dy)`.
#[track_caller]
pub fn scale_bwd(x: &Array, gamma: &Array, dy: &Array) -> (Array, Array) {
    (scale_fwd(dy, gamma), Array::new(&[1], vec![dot(&x.data, &dy.data)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn scale_gradients() {
        let (x, gamma, dy) = (Array::random(&[2, 3], 1), Array::random(&[1], 2), Array::random(&[2, 3], 3));
        let (dx, dgamma) = scale_bwd(&x, &gamma, &dy);
        check(&x, &dx, &dy, |x| scale_fwd(x, &gamma));
        check(&gamma, &dgamma, &dy, |gamma| scale_fwd(&x, gamma));
    }
}
