//! Losses: a mean over all elements together with its gradient, in one dispatch.
//!
//! Losses are not nodes of the tape: a training loop seeds [`Tape::backward`](crate::tape::Tape::backward) with their
//! gradients.

use bytemuck::{Pod, Zeroable};

use super::reduce::{column_sum_scaled, sum};
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::{CROSS_ENTROPY, RECONSTRUCTION_LOSS};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    inverse_length: f32,
    mse: f32,
    l1: f32,
    bce: f32,
    focal: f32,
    alpha: f32,
    gamma: f32,
}

/// A loss and its gradient to the prediction.
#[derive(Debug, Clone)]
pub struct Loss {
    /// The mean over all elements, `[1]`.
    pub value: Tensor,
    /// Its gradient, of the prediction's shape.
    pub gradient: Tensor,
}

/// Weights of the terms of a [`reconstruction_loss`]. A term of weight 0 is not computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Of the mean squared error.
    pub mse: f32,
    /// Of the mean absolute error.
    pub l1: f32,
    /// Of the binary cross-entropy.
    pub bce: f32,
    /// Of the focal binary cross-entropy.
    pub focal: f32,
    /// The focal term's weight of targets that are 1; targets that are 0 have the weight `1 - alpha`.
    pub alpha: f32,
    /// The focal term's exponent: 0, or at least 1.
    pub gamma: f32,
    /// Whether the prediction is a logit per cell, as for binary rolls: mse and l1 then compare `sigmoid(x)` with the
    /// target. The cross-entropies always take logits.
    pub logits: bool,
}

impl Default for Weights {
    /// No terms; common values of the focal term's alpha and gamma.
    fn default() -> Self {
        Self { mse: 0.0, l1: 0.0, bce: 0.0, focal: 0.0, alpha: 0.9, gamma: 2.0, logits: false }
    }
}

/// The result of [`reconstruction_loss`].
#[derive(Debug, Clone)]
pub struct Reconstruction {
    /// The terms before weighting: mse, l1, bce, focal, `[4]`; 0 for a term of weight 0.
    pub values: Tensor,
    /// Gradient of the weighted sum to the prediction.
    pub gradient: Tensor,
}

/// Elements per workgroup: 512 vectors of four.
const PER_WORKGROUP: usize = 4 * 512;

/// The terms of `weights` between a prediction `x` and a `target` of the same shape, and the gradient of their weighted sum.
/// Each term is a mean over all elements. The focal term is Lin et al. 2017, arXiv 1708.02002, equation 5.
#[track_caller]
pub fn reconstruction_loss(x: &Tensor, target: &Tensor, weights: &Weights) -> Reconstruction {
    assert_eq!(x.len(), target.len(), "reconstruction_loss: {x:?} and {target:?}");
    let wanted = |weight: f32| u32::from(weight != 0.0);
    let focal = wanted(weights.focal) * if weights.gamma == 2.0 { 2 } else { 1 };
    let inverse_length = 1.0 / x.len() as f32;
    let params = Params {
        length: x.len() as u32,
        inverse_length,
        mse: weights.mse,
        l1: weights.l1,
        bce: weights.bce,
        focal: weights.focal,
        alpha: weights.alpha,
        gamma: weights.gamma,
    };
    let invocations = x.gpu().tuning().streaming;
    // Quads of an invocation, then the sums of all.
    let turns = PER_WORKGROUP / 4 / invocations as usize + 1 + invocations as usize;
    let workgroups = x.len().div_ceil(PER_WORKGROUP);
    let sums = Tensor::empty_f32(x.gpu(), &[workgroups, 4]);
    let gradient = Tensor::empty_f32(x.gpu(), x.shape());
    x.gpu().launch(&Launch {
        kernel: &RECONSTRUCTION_LOSS,
        constants: &[
            ("mse", wanted(weights.mse)),
            ("l1", wanted(weights.l1)),
            ("bce", wanted(weights.bce)),
            ("focal", focal),
            ("logits", weights.logits.into()),
            ("invocations", invocations),
        ],
        params: bytemuck::bytes_of(&params),
        bindings: &[x, target, &sums, &gradient],
        grid: Grid::linear(workgroups).looping(turns),
    });
    Reconstruction { values: column_sum_scaled(&sums, inverse_length), gradient }
}

/// A reconstruction loss of one term.
#[track_caller]
fn single(x: &Tensor, target: &Tensor, weights: Weights) -> Loss {
    let Reconstruction { values, gradient } = reconstruction_loss(x, target, &weights);
    // The other terms are 0.
    Loss { value: sum(&values), gradient }
}

/// Mean squared error, `mean (x - t)^2`.
#[track_caller]
pub fn mse(x: &Tensor, target: &Tensor) -> Loss {
    single(x, target, Weights { mse: 1.0, ..Weights::default() })
}

/// Mean absolute error, `mean |x - t|`; its gradient is 0 where both are equal.
#[track_caller]
pub fn l1(x: &Tensor, target: &Tensor) -> Loss {
    single(x, target, Weights { l1: 1.0, ..Weights::default() })
}

/// Binary cross-entropy of logits against targets in [0, 1].
#[track_caller]
pub fn bce_logits(x: &Tensor, target: &Tensor) -> Loss {
    single(x, target, Weights { bce: 1.0, ..Weights::default() })
}

/// Focal binary cross-entropy of logits against targets in [0, 1]; `gamma` is 0 or at least 1.
#[track_caller]
pub fn focal_bce_logits(x: &Tensor, target: &Tensor, alpha: f32, gamma: f32) -> Loss {
    single(x, target, Weights { focal: 1.0, alpha, gamma, ..Weights::default() })
}

/// Rows and classes of a cross-entropy.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Classes {
    rows: u32,
    columns: u32,
}

/// Cross-entropy of logits `[.., C]` against a class per row, u32 `[rows]`: the sum of `w (log sum exp(x) - x_class)` over all rows, each
/// with its weight of `weights` `[rows]`. A row of weight 0 does not count; weights that add up to 1 make it a mean.
///
/// # Panics
/// If there is not one class and weight per row, or the classes are not u32.
#[track_caller]
pub fn cross_entropy(x: &Tensor, classes: &Tensor, weights: &Tensor) -> Loss {
    let (rows, columns) = (x.rows(), x.channels());
    let fits = classes.len() == rows && weights.len() == rows && classes.dtype() == Dtype::U32;
    assert!(fits, "cross_entropy: {x:?}, classes {classes:?}, weights {weights:?}");
    let losses = Tensor::empty_f32(x.gpu(), &[rows]);
    let gradient = Tensor::empty_f32(x.gpu(), x.shape());
    x.gpu().launch(&Launch {
        kernel: &CROSS_ENTROPY,
        constants: &[],
        params: bytemuck::bytes_of(&Classes { rows: rows as u32, columns: columns as u32 }),
        bindings: &[x, classes, weights, &losses, &gradient],
        grid: Grid::covering(rows, 64).looping(3 * (columns + 1)),
    });
    Loss { value: sum(&losses), gradient }
}
