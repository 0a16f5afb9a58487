//! The sum over the parts of a step.

use std::ops::Range;

use super::outbox::Outbox;
use super::summed::{Summed, accumulate_whole, added};
use crate::error::Result;
use crate::nn::{Params, Part};
use crate::ranks::tree::Waiting;
use crate::tensor::Tensor;

/// The gradient of a subtree of parts, and what else they give.
struct Node<S> {
    gradient: Tensor,
    rest: S,
}

/// Computes `parts` one after another, sums their gradients into the arena, and returns the sum of what else they give. `compute` adds the
/// gradient of a part to the arena, which is zeros when it is called. The sums leave by the `outbox` during the last part.
///
/// # Errors
/// The first of `compute`, or of the exchange.
pub(super) fn sum<T, S: Summed>(
    training: &mut T,
    parts: Range<usize>,
    params: impl Fn(&T) -> &Params,
    outbox: &mut Outbox<'_>,
    compute: &mut impl FnMut(&mut T, usize, &mut Outbox<'_>) -> Result<S>,
) -> Result<S> {
    let last = parts.end - 1;
    let mut waiting = Waiting::default();
    for number in parts.start..last {
        params(training).zero_grad();
        let rest = compute(training, number, &mut Outbox::closed())?;
        let gradient = copied(params(training).flat(Part::Gradients));
        waiting.push(Node { gradient, rest }, |sum, other| {
            accumulate_whole(&sum.gradient, &other.gradient);
            Node { gradient: sum.gradient, rest: added(sum.rest, other.rest) }
        });
    }
    params(training).zero_grad();
    let (gradients, rests): (Vec<_>, Vec<_>) = waiting.before_last().map(|node| (node.gradient, node.rest)).unzip();
    outbox.open(params(training).flat(Part::Gradients), gradients);
    let rest = compute(training, last, outbox)?;
    outbox.close()?;
    Ok(rests.into_iter().fold(rest, |rest, sum| added(sum, rest)))
}

fn copied(tensor: &Tensor) -> Tensor {
    let copy = Tensor::empty_like(tensor, tensor.shape());
    copy.copy_from(tensor);
    copy
}
