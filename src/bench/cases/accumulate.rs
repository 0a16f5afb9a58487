//! Cases of the tape's kernel.

use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::reference::array::Array;
use crate::rng::Philox;
use crate::tape::accumulate;
use crate::tensor::Tensor;

/// `target += source` on lengths around a multiple of a workgroup's.
pub fn cases(size: Size) -> Vec<Case> {
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 7, 1023, 1025, 65_537],
        Size::Shipped => &[1 << 20],
    };
    lengths.iter().map(|&length| case(length)).collect()
}

fn case(length: usize) -> Case {
    let mut rng = Philox::new(1, length as u64);
    Case {
        kernel: "accumulate",
        shape: format!("{length}"),
        flop: length as f64,
        bytes: 12.0 * length as f64,
        bound: FORWARD,
        inputs: vec![Input::normal(&mut rng, &[length]), Input::normal(&mut rng, &[length])],
        run: Box::new(|_, inputs| {
            let target = Tensor::empty_like(&inputs[0], inputs[0].shape());
            target.copy_from(&inputs[0]);
            accumulate(&target, &inputs[1]);
            vec![target]
        }),
        reference: Some(Box::new(|inputs| {
            let sum = inputs[0].data.iter().zip(&inputs[1].data).map(|(a, b)| a + b).collect();
            vec![Array { shape: inputs[0].shape.clone(), data: sum }]
        })),
    }
}
