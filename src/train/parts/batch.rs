//! The gradient of a step's whole batch.

use std::time::{Duration, Instant};

use super::errors::Errors;
use super::exact::Exact;
use super::outbox::Outbox;
use super::plan::Plan;
use super::rounded::Rounded;
use super::sum::sum;
use super::summed::{Summed, added};
use crate::config::ExchangeFormat;
use crate::error::Result;
use crate::nn::{Params, Part};
use crate::ranks::tree;
use crate::tensor::Tensor;

/// What the parts of a step give.
pub struct Gathered<S> {
    /// The sum over all parts of what they give besides their gradients, whose sum is in the arena.
    pub rest: S,
    /// Time from the beginning of the step until the sums of this rank were computed.
    pub busy: Duration,
    /// Bytes that it sent before it waited for its last gradients.
    pub overlapped: u64,
}

/// Computes this rank's parts of a step and adds them to those of the others. `compute` adds the gradient of a part to the arena, which is
/// zeros when it is called. `scale` is the loss scale, by which gradients are too large.
///
/// # Errors
/// The first of `compute`; a connection that is broken; a failure of the device.
pub fn batch<T, S: Summed>(
    plan: &Plan<'_>,
    training: &mut T,
    errors: &mut Errors,
    scale: Option<Tensor>,
    params: impl Fn(&T) -> &Params,
    mut compute: impl FnMut(&mut T, usize, &mut Outbox<'_>) -> Result<S>,
) -> Result<Gathered<S>> {
    let (start, before, own) = (Instant::now(), plan.ranks.traffic(), plan.own());
    let gradient = params(training).flat(Part::Gradients).clone();
    let overlapped = || plan.ranks.traffic().bytes - before.bytes;
    match plan.format {
        ExchangeFormat::F32 if plan.ranks.are_alone() => {
            let rest = sum(training, plan.parts_of(own), params, &mut Outbox::closed(), &mut compute)?;
            Ok(Gathered { rest, busy: start.elapsed(), overlapped: 0 })
        }
        ExchangeFormat::F32 => {
            let mut exchange = Exact::new(plan.ranks, plan.leaves, &gradient);
            let rest = sum(training, plan.parts_of(own), params, &mut Outbox::to(&mut exchange), &mut compute)?;
            let overlapped = overlapped();
            let busy = exchange.finish(&rest.tensors())? - start;
            Ok(Gathered { rest, busy, overlapped })
        }
        ExchangeFormat::F16 => {
            let mut exchange = Rounded::new(plan, &gradient, errors, scale);
            let (count, mut messages) = (own.len(), own);
            let mut next = || {
                let message = messages.next().expect("as many messages as leaves");
                exchange.begin(message);
                let parts = plan.parts_of(message..message + 1);
                sum(training, parts, &params, &mut Outbox::to(&mut exchange), &mut compute)
            };
            let rest = tree::sum(count, count, &mut next, &added)?;
            let overlapped = overlapped();
            let busy = exchange.finish(&rest.tensors())? - start;
            Ok(Gathered { rest, busy, overlapped })
        }
    }
}
