//! Cases of linear attention.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::linear_attention::linear_attention;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Heads of one channel, of a prime number, of the network's 32 and of the most; positions around a tile.
pub fn cases(size: Size) -> Vec<Case> {
    // N, L, heads, depth.
    let shapes: &[[usize; 4]] = match size {
        Size::Awkward => &[[1, 1, 1, 1], [2, 17, 3, 5], [1, 15, 2, 32], [2, 67, 4, 32], [1, 9, 2, 64]],
        Size::Shipped => &[[16, 256, 4, 32], [8, 1024, 4, 32]],
    };
    shapes.iter().flat_map(|&shape| of_shape(shape)).collect()
}

fn of_shape(shape @ [samples, positions, heads, depth]: [usize; 4]) -> Vec<Case> {
    let mut rng = Philox::new(19, shape.iter().product::<usize>() as u64);
    Differentiable {
        names: ["linear_attention_fwd", "linear_attention"],
        shape: format!("[{samples}, {positions}, {}], {heads} heads of {depth}", 3 * heads * depth),
        flop: 4.0 * (samples * positions * heads * depth * depth) as f64,
        inputs: vec![Input::normal(&mut rng, &[samples, positions, 3 * heads * depth])],
        leaves: 1,
        dy: Input::normal(&mut rng, &[samples, positions, heads * depth]),
        forward: move |tape: &_, x: &[_]| linear_attention(tape, &x[0], heads),
        reference: move |x: &[Array]| reference::linear_attention_fwd(&x[0], heads),
        gradients: move |x: &[Array]| vec![reference::linear_attention_bwd(&x[0], heads, &x[1])],
    }
    .cases()
}
