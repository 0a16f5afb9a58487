//! Cases of the noise kernel.

use crate::bench::case::{Case, FORWARD, Size};
use crate::ops::noise::philox_normal;
use crate::reference;

/// Lengths that are not multiples of four, and a number of the first sample that carries into its high word.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[[usize; 2]] = match size {
        Size::Awkward => &[[1, 1], [3, 2], [2, 7], [5, 64], [3, 20_001]],
        Size::Shipped => &[[16, 4096], [256, 4096]],
    };
    shapes.iter().flat_map(|&shape| [0, u64::from(u32::MAX)].map(|first| case(shape, first))).collect()
}

fn case(shape: [usize; 2], first: u64) -> Case {
    const SEED: u64 = 0x0123_4567_89ab_cdef;
    let elements = (shape[0] * shape[1]) as f64;
    Case {
        kernel: "philox_normal",
        shape: format!("{} x {} from {first}", shape[0], shape[1]),
        flop: 0.0,
        bytes: 4.0 * elements,
        bound: FORWARD,
        inputs: Vec::new(),
        run: Box::new(move |gpu, _| vec![philox_normal(gpu, SEED, first, &shape)]),
        reference: Some(Box::new(move |_| vec![reference::philox_normal(SEED, first, shape[0], shape[1])])),
    }
}
