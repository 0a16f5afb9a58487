//! Cases of the losses.

use crate::bench::case::{BACKWARD, Case, Input, Size};
use crate::ops::loss::{
    Loss, Reconstruction, Weights, bce_logits, cross_entropy, focal_bce_logits, l1, mse, reconstruction_loss,
};
use crate::ops::reduce::sum;
use crate::reference;
use crate::reference::array::Array;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// Lengths around a multiple of a workgroup's; large logits among the values.
pub fn cases(size: Size) -> Vec<Case> {
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 6, 2047, 2049, 40_003],
        Size::Shipped => &[16 * 128 * 128 * 2],
    };
    let tables: &[[usize; 2]] = match size {
        Size::Awkward => &[[1, 1], [3, 2], [65, 47], [130, 7]],
        Size::Shipped => &[[16 * 128, 44]],
    };
    lengths.iter().flat_map(|&length| of_length(length)).chain(tables.iter().map(|&shape| classes(shape))).collect()
}

/// Cross-entropy of `rows` rows, some of which do not count.
fn classes([rows, columns]: [usize; 2]) -> Case {
    let mut rng = Philox::new(5, (rows * columns) as u64);
    let logits = Input::drawn(&mut rng, &[rows, columns], |rng, i| rng.normal() * if i % 7 == 0 { 20.0 } else { 2.0 });
    let wanted = Input::indices(&mut rng, &[rows], columns);
    let weights = Input::drawn(&mut rng, &[rows], |rng, i| if i % 3 == 2 { 0.0 } else { rng.uniform() });
    Case {
        kernel: "cross_entropy",
        shape: format!("{rows}x{columns}"),
        flop: 20.0 * (rows * columns) as f64,
        bytes: (8 * rows * columns + 12 * rows) as f64,
        bound: BACKWARD,
        inputs: vec![logits, wanted, weights],
        run: Box::new(|_, inputs| {
            let Loss { value, gradient } = cross_entropy(&inputs[0], &inputs[1], &inputs[2]);
            vec![value, gradient]
        }),
        reference: Some(Box::new(|inputs| {
            let wanted: Vec<usize> = inputs[1].data.iter().map(|&class| class as usize).collect();
            let (value, gradient) = reference::cross_entropy(&inputs[0], &wanted, &inputs[2].data);
            vec![Array { shape: vec![1], data: vec![value] }, gradient]
        })),
    }
}

fn of_length(length: usize) -> Vec<Case> {
    let mut cases = vec![
        single("mse", length, |x, t| mse(x, t), reference::mse),
        single("l1", length, |x, t| l1(x, t), reference::l1),
        single("bce_logits", length, |x, t| bce_logits(x, t), reference::bce_logits),
        single("bce_logits", length, of_logits, reference::bce_logits),
        single(
            "focal_bce_logits",
            length,
            |x, t| focal_bce_logits(x, t, 0.75, 2.0),
            |x, t| reference::focal_bce_logits(x, t, 0.75, 2.0),
        ),
        single(
            "focal_bce_logits",
            length,
            |x, t| focal_bce_logits(x, t, 0.75, 1.5),
            |x, t| reference::focal_bce_logits(x, t, 0.75, 1.5),
        ),
        single(
            "focal_bce_logits",
            length,
            |x, t| focal_bce_logits(x, t, 0.75, 0.0),
            |x, t| reference::focal_bce_logits(x, t, 0.75, 0.0),
        ),
    ];
    cases.push(reconstruction(length, false));
    cases.push(reconstruction(length, true));
    cases
}

/// Binary cross-entropy alone, as a codec that outputs logits is trained.
fn of_logits(x: &Tensor, target: &Tensor) -> Loss {
    let Reconstruction { values, gradient } =
        reconstruction_loss(x, target, &Weights { bce: 1.0, logits: true, ..Weights::default() });
    Loss { value: sum(&values), gradient }
}

type OnDevice = fn(&Tensor, &Tensor) -> Loss;
type InReference = fn(&Array, &Array) -> (f64, Array);

/// Logits, some of them large, and targets of 0, 1 and between.
fn inputs(length: usize) -> Vec<Input> {
    let mut rng = Philox::new(4, length as u64);
    let logits = Input::drawn(&mut rng, &[length], |rng, i| rng.normal() * if i % 7 == 0 { 20.0 } else { 2.0 });
    let targets = Input::drawn(&mut rng, &[length], |rng, i| match i % 3 {
        0 => rng.uniform(),
        _ => (rng.next_u32() & 1).into(),
    });
    vec![logits, targets]
}

fn single(kernel: &'static str, length: usize, device: OnDevice, expected: InReference) -> Case {
    Case {
        kernel,
        shape: format!("{length}"),
        flop: 20.0 * length as f64,
        bytes: 12.0 * length as f64,
        bound: BACKWARD,
        inputs: inputs(length),
        run: Box::new(move |_, inputs| {
            let Loss { value, gradient } = device(&inputs[0], &inputs[1]);
            vec![value, gradient]
        }),
        reference: Some(Box::new(move |inputs| {
            let (value, gradient) = expected(&inputs[0], &inputs[1]);
            vec![Array { shape: vec![1], data: vec![value] }, gradient]
        })),
    }
}

fn reconstruction(length: usize, logits: bool) -> Case {
    const WEIGHTS: Weights =
        Weights { mse: 1.0, l1: 0.25, bce: 0.5, focal: 2.0, alpha: 0.75, gamma: 2.0, logits: false };
    Case {
        kernel: "reconstruction_loss",
        shape: format!("{length}{}", if logits { ", logits" } else { "" }),
        run: Box::new(move |_, inputs| {
            let loss = reconstruction_loss(&inputs[0], &inputs[1], &Weights { logits, ..WEIGHTS });
            vec![loss.values, loss.gradient]
        }),
        reference: Some(Box::new(move |inputs| {
            let (x, t) = (&inputs[0], &inputs[1]);
            let value = if logits { x.map(reference::sigmoid) } else { x.clone() };
            // The derivative of the value at the logit.
            let inner = value.map(|p| if logits { p * (1.0 - p) } else { 1.0 });
            let terms = [
                (reference::mse(&value, t), 1.0, true),
                (reference::l1(&value, t), 0.25, true),
                (reference::bce_logits(x, t), 0.5, false),
                (reference::focal_bce_logits(x, t, 0.75, 2.0), 2.0, false),
            ];
            let mut gradient = Array::zeros(&x.shape);
            for ((_, slope), weight, through) in &terms {
                let slope = if *through { slope.zip(&inner, |g, p| g * p) } else { slope.clone() };
                gradient = gradient.zip(&slope, |sum, g| sum + weight * g);
            }
            let values = terms.iter().map(|((value, _), ..)| *value).collect();
            vec![Array { shape: vec![4], data: values }, gradient]
        })),
        ..single("mse", length, |x, t| mse(x, t), reference::mse)
    }
}
