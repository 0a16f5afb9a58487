//! Cases of sums, products, activations and gates.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, LARGE, Size};
use crate::ops::activation::{gelu, gelu_tanh, silu};
use crate::ops::elementwise::{add, gate, multiply, scale_by};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Lengths around multiples of a vector of four and of a workgroup's length; gates of one channel, of odd numbers and of multiples
/// of four, behind other columns of their table.
pub fn cases(size: Size) -> Vec<Case> {
    let (lengths, gated): (&[usize], &[[usize; 4]]) = match size {
        Size::Awkward => (&[1, 3, 1023, 1025, 5003], &[[1, 1, 1, 0], [2, 5, 7, 3], [3, 9, 16, 4], [2, 70, 8, 2]]),
        Size::Shipped => (&[1 << 16, 1 << 20], &[[8, 64, 192, 384]]),
    };
    let gates = gated.iter().flat_map(|&shape| [false, true].into_iter().flat_map(move |twice| of_gates(shape, twice)));
    lengths.iter().flat_map(|&length| of_length(length)).chain(gates).collect()
}

/// A gated residual; `twice`, with the branch as a factor of the result too, so that its gradient is a sum.
fn of_gates([samples, positions, channels, start]: [usize; 4], twice: bool) -> Vec<Case> {
    let mut rng = Philox::new(11, (samples * positions * channels) as u64);
    let [x, f, dy] = [0; 3].map(|_| Input::normal(&mut rng, &[samples, positions, channels]));
    let table = Input::normal(&mut rng, &[samples, start + channels + start]);
    let columns = start..start + channels;
    let of_table = columns.clone();
    Differentiable {
        names: if twice { ["gate_twice_fwd", "gate_twice"] } else { ["gate_fwd", "gate"] },
        shape: format!("{samples}x{positions}x{channels} from column {start}"),
        flop: 3.0 * (samples * positions * channels) as f64,
        inputs: vec![x, f, table],
        leaves: 3,
        dy,
        forward: move |tape: &_, x: &[_]| {
            let y = gate(tape, &x[0], &x[1], &x[2], start);
            if twice { multiply(tape, &y, &x[1]) } else { y }
        },
        reference: move |x: &[Array]| {
            let y = reference::gate_fwd(&x[0], &x[1], &x[2].columns(of_table.clone()));
            if twice { y.zip(&x[1], |y, f| y * f) } else { y }
        },
        gradients: move |x: &[Array]| {
            let g = x[2].columns(columns.clone());
            let dy = if twice { x[3].zip(&x[1], |dy, f| dy * f) } else { x[3].clone() };
            let (dx, mut df, dg) = reference::gate_bwd(&x[1], &g, &dy);
            if twice {
                let y = reference::gate_fwd(&x[0], &x[1], &g);
                df = reference::add(&df, &x[3].zip(&y, |dy, y| dy * y));
            }
            vec![dx, df, dg.among_columns(start, x[2].channels())]
        },
    }
    .cases()
}

/// A sum and an activation on tensors that no cache holds.
pub fn large() -> Vec<Case> {
    let chosen = |case: &Case| ["add", "silu_fwd"].contains(&case.kernel);
    of_length(LARGE).into_iter().filter(chosen).collect()
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
        inputs: vec![a, gamma],
        leaves: 2,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| scale_by(tape, &x[0], &x[1]),
        reference: |x: &[Array]| reference::scale_fwd(&x[0], &x[1]),
        gradients: |x: &[Array]| <[Array; 2]>::from(reference::scale_bwd(&x[0], &x[1], &x[2])).into(),
    };
    let with_silu = Differentiable {
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
    let with_gelu = Differentiable {
        names: ["gelu_fwd", "gelu"],
        shape: shape.clone(),
        flop: 25.0 * flop,
        inputs: vec![wide.clone()],
        leaves: 1,
        dy: dy.clone(),
        forward: |tape: &_, x: &[_]| gelu(tape, &x[0]),
        reference: |x: &[Array]| reference::gelu_fwd(&x[0]),
        gradients: |x: &[Array]| vec![reference::gelu_bwd(&x[0], &x[1])],
    };
    let with_gelu_tanh = Differentiable {
        names: ["gelu_tanh_fwd", "gelu_tanh"],
        shape,
        flop: 10.0 * flop,
        inputs: vec![wide],
        leaves: 1,
        dy,
        forward: |tape: &_, x: &[_]| gelu_tanh(tape, &x[0]),
        reference: |x: &[Array]| reference::gelu_tanh_fwd(&x[0]),
        gradients: |x: &[Array]| vec![reference::gelu_tanh_bwd(&x[0], &x[1])],
    };
    [added.cases(), multiplied.cases(), scaled.cases(), with_silu.cases(), with_gelu.cases(), with_gelu_tanh.cases()]
        .into_iter()
        .flatten()
        .collect()
}
