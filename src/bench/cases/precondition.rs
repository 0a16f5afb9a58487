//! Cases of the preconditioned velocity.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::precondition::{preconditioned, unit_deviation};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Samples whose number of elements is a multiple of four, and others.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[[usize; 3]] = match size {
        Size::Awkward => &[[1, 1, 1], [3, 5, 7], [2, 33, 4]],
        Size::Shipped => &[[8, 192, 16]],
    };
    shapes.iter().flat_map(|&shape| input(shape).into_iter().chain(output(shape))).collect()
}

fn input(shape @ [n, ..]: [usize; 3]) -> Vec<Case> {
    let mut rng = Philox::new(61, shape.iter().product::<usize>() as u64);
    Differentiable {
        names: ["precondition_input_fwd", "precondition_input"],
        shape: format!("{shape:?}"),
        flop: shape.iter().product::<usize>() as f64,
        inputs: vec![Input::normal(&mut rng, &shape), Input::uniform(&mut rng, &[n], 0.0, 1.0)],
        leaves: 1,
        dy: Input::normal(&mut rng, &shape),
        forward: |tape: &_, x: &[crate::tape::Var]| unit_deviation(tape, &x[0], &x[1].value),
        reference: |x: &[Array]| reference::unit_deviation(&x[0], &x[1].data),
        gradients: |x: &[Array]| vec![reference::unit_deviation(&x[2], &x[1].data)],
    }
    .cases()
}

fn output(shape @ [n, ..]: [usize; 3]) -> Vec<Case> {
    let mut rng = Philox::new(62, shape.iter().product::<usize>() as u64);
    let [x, f, dy] = [0; 3].map(|_| Input::normal(&mut rng, &shape));
    Differentiable {
        names: ["precondition_velocity", "precondition_velocity_both"],
        shape: format!("{shape:?}"),
        flop: 3.0 * shape.iter().product::<usize>() as f64,
        inputs: vec![x, f, Input::uniform(&mut rng, &[n], 0.0, 1.0)],
        leaves: 2,
        dy,
        forward: |tape: &_, x: &[crate::tape::Var]| preconditioned(tape, &x[0], &x[1], &x[2].value),
        reference: |x: &[Array]| reference::preconditioned_fwd(&x[0], &x[1], &x[2].data),
        gradients: |x: &[Array]| <[Array; 2]>::from(reference::preconditioned_bwd(&x[2].data, &x[3])).into(),
    }
    .cases()
}
