//! What parts give, and its addition.

use crate::tape::accumulate;
use crate::tensor::Tensor;

/// What the parts of a step give besides their gradients, to be added.
pub trait Summed {
    /// All of it, in the same order for every part.
    fn tensors(&self) -> Vec<&Tensor>;
}

/// `sum += other`.
pub(super) fn added<S: Summed>(sum: S, other: S) -> S {
    for (sum, other) in sum.tensors().into_iter().zip(other.tensors()) {
        accumulate(sum, other);
    }
    sum
}

/// `sum += other`, of tensors that may exceed a binding.
pub(super) fn accumulate_whole(sum: &Tensor, other: &Tensor) {
    for (sum, other) in sum.windows().iter().zip(other.windows()) {
        accumulate(sum, &other);
    }
}
