//! Cases of the softmax over the last axis.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::softmax::softmax;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Rows shorter and longer than a workgroup.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[[usize; 2]] = match size {
        Size::Awkward => &[[1, 1], [3, 7], [5, 8], [2, 129], [65_537, 2], [17, 301]],
        Size::Shipped => &[[16 * 4 * 256, 256], [8 * 4 * 64, 64]],
    };
    shapes.iter().flat_map(|&shape| of_shape(shape)).collect()
}

fn of_shape([rows, columns]: [usize; 2]) -> Vec<Case> {
    let mut rng = Philox::new(11, (rows * columns) as u64);
    let (x, dy) = (Input::uniform(&mut rng, &[rows, columns], -20.0, 20.0), Input::normal(&mut rng, &[rows, columns]));
    Differentiable {
        names: ["softmax_fwd", "softmax"],
        shape: format!("{rows} x {columns}"),
        flop: 5.0 * (rows * columns) as f64,
        inputs: vec![x],
        leaves: 1,
        dy,
        forward: |tape: &_, x: &[_]| softmax(tape, &x[0], 0.25),
        reference: |x: &[Array]| reference::softmax_fwd(&x[0], 0.25),
        gradients: move |x: &[Array]| match columns {
            // A single probability is always 1, unless it is NaN.
            1 => vec![x[0].zip(&x[1], |x, dy| 0.0 * x * dy)],
            _ => vec![reference::softmax_bwd(&reference::softmax_fwd(&x[0], 0.25), &x[1], 0.25)],
        },
    }
    .cases()
}
