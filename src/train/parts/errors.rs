//! The state of the exchange in f16: what rounding has taken, to be added in the next step.

use std::ops::Range;

use super::code::slice;
use super::plan::Plan;
use crate::checkpoint::ResumeState;
use crate::config::ExchangeFormat;
use crate::error::{Error, Result};
use crate::nn::HostTensor;

/// Names in a [`ResumeState`]: the errors of the messages, `[messages, length]`, and those of their sum, `[length]`.
const MESSAGES: &str = "exchange_errors";
const SUM: &str = "exchange_errors_of_sum";

/// Rounding errors by element of the arena.
#[derive(Debug, Default)]
pub struct Errors {
    /// Of each message; empty if another rank computes it.
    pub(super) messages: Vec<Vec<f32>>,
    /// Of the sum of all messages, of which each rank rounds slices.
    pub(super) sum: Vec<f32>,
    /// The buckets whose slices this was in the last step.
    pub(super) buckets: Vec<Range<usize>>,
}

impl Errors {
    /// Before a step of a plan, with an arena of `length` elements: zeros at first, and none of the messages of other ranks. If the number of
    /// messages has changed, what they have left is added up for the first one.
    pub(super) fn begin(&mut self, plan: &Plan<'_>, length: usize) {
        self.buckets.clear();
        self.sum.resize(length, 0.0);
        if self.messages.len() != plan.leaves {
            let mut total = vec![0.0; length];
            for errors in self.messages.drain(..) {
                total.iter_mut().zip(errors).for_each(|(total, error)| *total += error);
            }
            self.messages = vec![Vec::new(); plan.leaves];
            self.messages[0] = total;
        }
        for (message, errors) in self.messages.iter_mut().enumerate() {
            errors.resize(if plan.own().contains(&message) { length } else { 0 }, 0.0);
        }
    }

    /// The errors of all ranks for the resume state, on the first rank; nothing on others, or in f32. An arena has `length` elements. Every
    /// rank calls it.
    ///
    /// # Errors
    /// A connection that is broken.
    pub fn collect(&self, plan: &Plan<'_>, length: usize) -> Result<Vec<(&'static str, HostTensor)>> {
        if plan.format == ExchangeFormat::F32 {
            return Ok(Vec::new());
        }
        let ranks = plan.ranks;
        let mut messages = Vec::new();
        // One after another, because an exchange has a largest size.
        for message in 0..plan.leaves {
            let own = self.messages.get(message).filter(|_| plan.own().contains(&message));
            let owner = plan.shares.iter().position(|share| share.contains(&message)).expect("a rank for each message");
            let collected = ranks.collect(own.map_or(&[], |errors| bytemuck::cast_slice(errors)))?;
            if ranks.is_first() {
                append(&mut messages, &collected[owner], length);
            }
        }
        let slices = |rank: usize| self.buckets.iter().map(move |bucket| slice(bucket, ranks.size(), rank));
        let own: Vec<f32> = slices(ranks.rank()).flat_map(|slice| &self.sum[slice]).copied().collect();
        let collected = ranks.collect(bytemuck::cast_slice(&own))?;
        if !ranks.is_first() {
            return Ok(Vec::new());
        }
        let mut sum = self.sum.clone();
        sum.resize(length, 0.0);
        for (rank, bytes) in collected.iter().enumerate() {
            let mut numbers = bytemuck::pod_collect_to_vec::<u8, f32>(bytes).into_iter();
            for element in slices(rank).flatten() {
                sum[element] = numbers.next().ok_or_else(|| Error::Ranks("rounding errors are missing".to_owned()))?;
            }
        }
        let messages = HostTensor::new([plan.leaves, length], messages);
        Ok(vec![(MESSAGES, messages), (SUM, HostTensor::new([length], sum))])
    }

    /// Restores what [`collect`](Self::collect) collected, of all messages. A run that was in f32 before has none.
    ///
    /// # Errors
    /// Errors of another arena than one of `length` elements.
    pub fn load(&mut self, state: &mut ResumeState, length: usize) -> Result<()> {
        let Some(messages) = state.tensors.get(MESSAGES).and_then(|errors| errors.shape.first().copied()) else {
            return Ok(());
        };
        let errors = state.take(MESSAGES, &[messages, length])?;
        self.messages = errors.data.chunks(length.max(1)).map(<[f32]>::to_vec).collect();
        self.sum = state.take(SUM, &[length])?.data;
        Ok(())
    }
}

/// Appends the numbers of some bytes, or zeros where there are none yet.
fn append(numbers: &mut Vec<f32>, bytes: &[u8], length: usize) {
    let end = numbers.len() + length;
    numbers.extend(bytemuck::pod_collect_to_vec::<u8, f32>(bytes));
    numbers.resize(end, 0.0);
}
