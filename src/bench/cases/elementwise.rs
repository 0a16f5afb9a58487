//! Cases of sums, products and activations.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, STORED_IN_F16, Size};
use crate::dtype::Dtype;
use crate::ops::activation::{gelu, silu};
use crate::ops::cast::cast;
use crate::ops::elementwise::{add, multiply, scale_by};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Lengths around a vector of four and a workgroup's span.
pub fn cases(size: Size) -> Vec<Case> {
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 3, 1023, 1025, 5003],
        Size::Shipped => &[1 << 16, 1 << 20],
    };
    lengths.iter().flat_map(|&length| of_length(length)).collect()
}

/// A sum and an activation of 128 MiB each, the least that any adapter binds.
pub fn large() -> Vec<Case> {
    let shown = |case: &Case| ["add", "silu_fwd"].contains(&case.kernel);
    of_length(1 << 25).into_iter().filter(shown).collect()
}

fn of_length(length: usize) -> Vec<Case> {
    let mut rng = Philox::new(10, length as u64);
    let [a, b, dy] = [0; 3].map(|_| Input::normal(&mut rng, &[length]));
    let gamma = Input::normal(&mut rng, &[1]);
    let wide = Input::uniform(&mut rng, &[length], -6.0, 6.0);
    let shape = format!("{length}");
    let flop = length as f64;
    let added = Differentiable {
        names: ["add", "add_both"],
        shape: shape.clone(),
        flop,
        inputs: vec![a.clone(), b.clone()],
        leaves: 2,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| add(tape, &x[0], &x[1]),
        reference: |x: &[Array]| reference::add(&x[0], &x[1]),
        gradients: |x: &[Array]| vec![x[2].clone(), x[2].clone()],
    };
    let multiplied = Differentiable {
        names: ["multiply", "multiply_both"],
        shape: shape.clone(),
        flop,
        inputs: vec![a.clone(), b],
        leaves: 2,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| multiply(tape, &x[0], &x[1]),
        reference: |x: &[Array]| x[0].zip(&x[1], |a, b| a * b),
        gradients: |x: &[Array]| [1, 0].map(|other: usize| x[2].zip(&x[other], |dy, other| dy * other)).into(),
    };
    let scaled = Differentiable {
        names: ["scale_fwd", "scale"],
        shape: shape.clone(),
        flop,
        inputs: vec![a.clone(), gamma],
        leaves: 2,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| scale_by(tape, &x[0], &x[1]),
        reference: |x: &[Array]| reference::scale_fwd(&x[0], &x[1]),
        gradients: |x: &[Array]| <[Array; 2]>::from(reference::scale_bwd(&x[0], &x[1], &x[2])).into(),
    };
    let activated = Differentiable {
        names: ["silu_fwd", "silu"],
        shape: shape.clone(),
        flop: 4.0 * flop,
        inputs: vec![wide.clone()],
        leaves: 1,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| silu(tape, &x[0]),
        reference: |x: &[Array]| reference::silu_fwd(&x[0]),
        gradients: |x: &[Array]| vec![reference::silu_bwd(&x[0], &x[1])],
    };
    let gated = Differentiable {
        names: ["gelu_fwd", "gelu"],
        shape: shape.clone(),
        flop: 25.0 * flop,
        inputs: vec![wide],
        leaves: 1,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| gelu(tape, &x[0]),
        reference: |x: &[Array]| reference::gelu_fwd(&x[0]),
        gradients: |x: &[Array]| vec![reference::gelu_bwd(&x[0], &x[1])],
    };
    let stored = Differentiable {
        names: ["cast", "cast_both"],
        shape,
        flop: 0.0,
        inputs: vec![a],
        leaves: 1,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| cast(tape, &x[0], Dtype::F16),
        reference: |x: &[Array]| reference::cast(&x[0]),
        gradients: |x: &[Array]| vec![x[1].clone()],
    };
    // How the adapter rounds is its own affair.
    let stored = stored.cases().into_iter().map(|case| Case { bound: STORED_IN_F16, ..case }).collect();
    [stored, added.cases(), multiplied.cases(), scaled.cases(), activated.cases(), gated.cases()]
        .into_iter()
        .flatten()
        .collect()
}
