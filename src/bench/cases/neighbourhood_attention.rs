//! Cases of neighbourhood attention.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, Input, Size};
use crate::ops::neighbourhood_attention::neighbourhood_attention;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Images as small as the window, smaller, and slightly larger; heads of one channel.
pub fn cases(size: Size) -> Vec<Case> {
    // N, H, W, heads, depth.
    let shapes: &[[usize; 5]] = match size {
        Size::Awkward => &[[1, 1, 1, 1, 1], [2, 7, 7, 2, 3], [1, 4, 9, 3, 1], [1, 13, 8, 2, 4], [2, 15, 14, 1, 2]],
        Size::Shipped => &[[2, 32, 32, 8, 4]],
    };
    shapes.iter().flat_map(|&shape| of_shape(shape)).collect()
}

fn of_shape(shape @ [n, height, width, heads, depth]: [usize; 5]) -> Vec<Case> {
    let mut rng = Philox::new(18, shape.iter().product::<usize>() as u64);
    Differentiable {
        names: ["neighbourhood_attention_fwd", "neighbourhood_attention"],
        shape: format!("{n} x {height} x {width}, {heads} heads of {depth}"),
        flop: 4.0 * 49.0 * shape.iter().product::<usize>() as f64,
        inputs: vec![Input::normal(&mut rng, &[n, height, width, 3 * heads * depth])],
        leaves: 1,
        dy: Input::normal(&mut rng, &[n, height, width, heads * depth]),
        forward: move |tape: &_, x: &[_]| neighbourhood_attention(tape, &x[0], heads),
        reference: move |x: &[Array]| reference::neighbourhood_attention_fwd(&x[0], heads),
        gradients: move |x: &[Array]| vec![reference::neighbourhood_attention_bwd(&x[0], heads, &x[1])],
    }
    .cases()
}
