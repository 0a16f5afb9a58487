//! The sum over the parts of a step.

use std::ops::Range;

use crate::error::Result;
use crate::nn::{Params, Part};
use crate::ranks::tree;
use crate::tape::accumulate;
use crate::tensor::Tensor;

/// What the parts of a step give besides their gradients, to be added.
pub trait Summed {
    /// All of it, in the same order for every part.
    fn tensors(&self) -> Vec<&Tensor>;
}

/// The gradient of a subtree of parts, and what else they give.
struct Node<S> {
    gradient: Tensor,
    rest: S,
}

/// Computes `parts` one after another, sums their gradients into the arena, and returns the sum of what else they give. `compute` adds the
/// gradient of a part to the arena, which is zeros when it is called.
///
/// # Errors
/// The first of `compute`.
pub fn sum<T, S: Summed>(
    training: &mut T,
    parts: Range<usize>,
    params: impl Fn(&T) -> &Params,
    mut compute: impl FnMut(&mut T, usize) -> Result<S>,
) -> Result<S> {
    let count = parts.len();
    let mut numbers = parts.clone();
    let mut next = || {
        let number = numbers.next().expect("as many parts as leaves");
        params(training).zero_grad();
        let rest = compute(training, number)?;
        let arena = params(training).flat(Part::Gradients);
        // The last one is added to another, which may read it where it is.
        let gradient = if number + 1 == parts.end { arena.clone() } else { copied(arena) };
        Ok(Node { gradient, rest })
    };
    let total = tree::sum(count, count, &mut next, &added)?;
    if count > 1 {
        params(training).flat(Part::Gradients).copy_from(&total.gradient);
    }
    Ok(total.rest)
}

fn added<S: Summed>(sum: Node<S>, other: Node<S>) -> Node<S> {
    accumulate_whole(&sum.gradient, &other.gradient);
    for (sum, other) in sum.rest.tensors().into_iter().zip(other.rest.tensors()) {
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

fn copied(tensor: &Tensor) -> Tensor {
    let copy = Tensor::empty_like(tensor, tensor.shape());
    copy.copy_from(tensor);
    copy
}
