//! Cases of linear attention, alone and with its projections.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::linear_attention::linear_attention;
use crate::ops::linear_attention::projected::{Projections, projected_linear_attention};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Heads of one channel, a prime number, the network's 32, and the largest number; numbers of positions around a tile's.
pub fn cases(size: Size) -> Vec<Case> {
    // N, L, heads, depth.
    let shapes: &[[usize; 4]] = match size {
        Size::Awkward => &[[1, 1, 1, 1], [2, 17, 3, 5], [1, 15, 2, 32], [2, 67, 4, 32], [1, 9, 2, 64]],
        Size::Shipped => &[[16, 256, 4, 32], [8, 1024, 4, 32]],
    };
    // N, H, W, C, heads, depth.
    let projected: &[[usize; 6]] = match size {
        Size::Awkward => &[[2, 4, 6, 16, 3, 32], [1, 2, 68, 32, 4, 32], [2, 3, 3, 16, 4, 32], [1, 2, 4, 5, 2, 3]],
        Size::Shipped => &[[16, 16, 16, 16, 4, 32], [16, 8, 8, 32, 4, 32]],
    };
    let plain = shapes.iter().flat_map(|&shape| of_shape(shape));
    plain.chain(projected.iter().flat_map(|&shape| of_projected(shape))).collect()
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

fn of_projected(shape @ [samples, height, width, channels, heads, depth]: [usize; 6]) -> Vec<Case> {
    let mut rng = Philox::new(20, shape.iter().product::<usize>() as u64);
    let (positions, inner) = (samples * height * width, heads * depth);
    let spread = (channels as f64).sqrt().recip();
    let matrices = 4 * channels * inner + 2 * heads * depth * depth;
    Differentiable {
        names: ["projected_attention_fwd", "projected_attention"],
        shape: format!("[{samples}, {height}, {width}, {channels}], {heads} heads of {depth}"),
        flop: 2.0 * (positions * matrices) as f64,
        inputs: vec![
            Input::normal(&mut rng, &[samples, height, width, channels]),
            Input::uniform(&mut rng, &[1, 1, channels, 3 * inner], -spread, spread),
            Input::uniform(&mut rng, &[1, 1, inner, channels], -spread, spread),
            Input::normal(&mut rng, &[channels]),
        ],
        leaves: 4,
        dy: Input::normal(&mut rng, &[samples, height, width, channels]),
        forward: move |tape: &_, x: &[_]| {
            projected_linear_attention(tape, &x[0], Projections { qkv: &x[1], out: &x[2], bias: &x[3] }, heads)
        },
        reference: move |x: &[Array]| reference::projected_linear_attention_fwd(&x[0], &x[1], &x[2], &x[3], heads),
        gradients: move |x: &[Array]| reference::projected_linear_attention_bwd(&x[0], &x[1], &x[2], heads, &x[4]),
    }
    .cases()
}
