//! The exchange in f16 with error feedback.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::Range;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::code::{bytes, restored, round, slice};
use super::errors::Errors;
use super::exact::Exact;
use super::exchange::Exchange;
use super::plan::Plan;
use crate::error::Result;
use crate::gpu::Later;
use crate::ranks::tree;
use crate::tensor::Tensor;

/// Replaces the gradients of this rank's messages by their sum over all ranks, rounded as the messages are. Each rank adds a slice of a
/// bucket, rounds the sums, and gives them to the others. What is rounded does not depend on the number of ranks: one rank alone rounds its
/// messages, and their sum, in the same way. Additions are the host's.
pub struct Rounded<'a> {
    plan: &'a Plan<'a>,
    gradient: Tensor,
    errors: &'a mut Errors,
    scale: LossScale,
    /// The message that is computed.
    message: usize,
    /// Buckets of this rank's messages, on their way to the host.
    leaving: VecDeque<Bucket>,
    /// Rounded buckets of each of this rank's messages, but for the last message.
    rounded: Vec<VecDeque<Vec<u8>>>,
    /// Time of exchanges before this one.
    before: Duration,
}

/// A range of the gradients of a message.
struct Bucket {
    message: usize,
    range: Range<usize>,
    copy: Later,
}

/// The factor by which gradients are too large.
enum LossScale {
    Leaving(Later),
    Known(f32),
}

impl LossScale {
    fn get(&mut self) -> Result<f32> {
        let scale = match std::mem::replace(self, Self::Known(1.0)) {
            Self::Known(scale) => scale,
            Self::Leaving(copy) => bytemuck::pod_read_unaligned(&copy.wait()?),
        };
        *self = Self::Known(scale);
        Ok(scale)
    }
}

impl Exchange for Rounded<'_> {
    fn leaves(&mut self, range: Range<usize>, copy: Later) -> Result<()> {
        self.leaving.push_back(Bucket { message: self.message, range, copy });
        self.advance()
    }
}

impl<'a> Rounded<'a> {
    /// Of the gradients in an arena, with the `errors` of the last step and the loss scale, `[1]`.
    pub fn new(plan: &'a Plan<'a>, gradient: &Tensor, errors: &'a mut Errors, scale: Option<Tensor>) -> Self {
        errors.begin(plan, gradient.len());
        Self {
            plan,
            gradient: gradient.clone(),
            errors,
            scale: scale.map_or(LossScale::Known(1.0), |scale| LossScale::Leaving(scale.read_later())),
            message: plan.own().start,
            leaving: VecDeque::new(),
            rounded: plan.own().skip(1).map(|_| VecDeque::new()).collect(),
            before: plan.ranks.traffic().time,
        }
    }

    /// The next buckets are those of this message. Those of the last one are the same ranges as all others'.
    pub fn begin(&mut self, message: usize) {
        self.message = message;
    }

    /// Exchanges the last buckets and, in f32, `others`: what else the messages give. Returns when this rank had computed its own messages,
    /// but for the time that it waited for others until then.
    ///
    /// # Errors
    /// A connection that is broken, or a failure of the device.
    pub fn finish(mut self, others: &[&Tensor]) -> Result<Instant> {
        while self.leaving.len() > 1 {
            self.advance()?;
        }
        let last = self.leaving.pop_front();
        let last = last.map(|Bucket { message, range, copy }| Ok((message, range, copy.wait()?))).transpose()?;
        let ready = Instant::now() - (self.plan.ranks.traffic().time - self.before);
        if let Some((message, range, own)) = last {
            self.take(message, range, &own)?;
        }
        if !self.plan.ranks.are_alone() {
            Exact::new(self.plan.ranks, self.plan.leaves, &self.gradient).finish(others)?;
        }
        Ok(ready)
    }

    /// Takes a bucket if another one is on its way behind it.
    fn advance(&mut self) -> Result<()> {
        if self.leaving.len() > 1
            && let Some(Bucket { message, range, copy }) = self.leaving.pop_front()
        {
            let own = copy.wait()?;
            self.take(message, range, &own)?;
        }
        Ok(())
    }

    /// Rounds a bucket, and exchanges it if it is one of the last message.
    fn take(&mut self, message: usize, range: Range<usize>, own: &[u8]) -> Result<()> {
        let gradients: Vec<f32> = bytemuck::pod_collect_to_vec(own);
        let scale = self.scale.get()?;
        let rounded = round(&gradients, &mut self.errors.messages[message][range.clone()], scale);
        let place = message - self.plan.own().start;
        match self.rounded.get_mut(place) {
            Some(earlier) => earlier.push_back(rounded),
            None => {
                let earlier = self.rounded.iter_mut().map(|buckets| buckets.pop_front().expect("equal buckets"));
                let messages = earlier.chain([rounded]).collect();
                self.exchange(range, messages, scale)?;
            }
        }
        Ok(())
    }

    /// Exchanges slices of this rank's messages, adds and rounds those that it gets, and exchanges the sums.
    fn exchange(&mut self, range: Range<usize>, messages: Vec<Vec<u8>>, scale: f32) -> Result<()> {
        let Plan { ranks, leaves, shares, .. } = self.plan;
        let size = ranks.size();
        let sum = (messages.len() > 1).then(|| sum_of(&messages));
        let part = |slice: Range<usize>| match &sum {
            None => &messages[0][bytes(&range, &slice)],
            // Fewer bytes than the messages.
            Some(sum) => bytemuck::cast_slice(&sum[slice.start - range.start..slice.end - range.start]),
        };
        let outgoing: Vec<&[u8]> = (0..size).map(|rank| part(slice(&range, size, rank))).collect();
        let incoming = ranks.exchange(&outgoing)?;
        let mut slices = incoming.iter().zip(shares).map(|(bytes, share)| match share.len() {
            1 => restored(bytes),
            _ => bytemuck::pod_collect_to_vec(bytes),
        });
        let mut next = || Ok(slices.next().expect("a slice of each rank"));
        let sum = tree::sum(*leaves, size, &mut next, &added)?;
        let own = slice(&range, size, ranks.rank());
        let rounded = round(&sum, &mut self.errors.sum[own], scale);
        let mut start = range.start;
        for bytes in ranks.gather(&rounded)? {
            let sums = restored(&bytes);
            self.gradient.view(start, &[sums.len()]).write_f32(&sums);
            start += sums.len();
        }
        self.errors.buckets.push(range);
        Ok(())
    }
}

/// The sum of this rank's messages.
fn sum_of(messages: &[Vec<u8>]) -> Vec<f32> {
    let (count, mut messages) = (messages.len(), messages.iter());
    let mut next = || Ok::<_, Infallible>(restored(messages.next().expect("as many messages as leaves")));
    let Ok(sum) = tree::sum(count, count, &mut next, &added);
    sum
}

fn added(mut sum: Vec<f32>, other: Vec<f32>) -> Vec<f32> {
    sum.par_iter_mut().zip(&other).for_each(|(sum, other)| *sum += other);
    sum
}
