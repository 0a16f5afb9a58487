//! Gradients that leave for other ranks while the sweep still computes those of earlier layers.

use super::exchange::{ALIGNMENT, Exchange};
use super::summed::accumulate_whole;
use crate::error::Result;
use crate::tensor::Tensor;

/// Approximate number of buckets of the arena. Each is a submission.
const BUCKETS: usize = 4;

/// Where the gradients of a part leave from. Open for the last one of some parts that are added, closed for the others.
pub struct Outbox<'a> {
    /// None if there is no other rank.
    exchange: Option<&'a mut dyn Exchange>,
    open: Option<Open>,
    result: Result<()>,
}

/// The gradients of the last part.
struct Open {
    arena: Tensor,
    /// The sums of earlier parts that it is added to, in order.
    sums: Vec<Tensor>,
    /// The first element that has left.
    start: usize,
}

impl Open {
    /// Adds the sums of earlier parts from element `from` to the first that has left, and returns their total.
    fn total(&mut self, from: usize) -> Tensor {
        let gradient = self.arena.view(from, &[self.start - from]);
        self.sums.iter().for_each(|sum| accumulate_whole(&gradient, &sum.view(from, gradient.shape())));
        self.start = from;
        gradient
    }
}

impl<'a> Outbox<'a> {
    /// Nothing leaves.
    pub fn closed() -> Self {
        Self { exchange: None, open: None, result: Ok(()) }
    }

    /// What leaves is for `exchange`.
    pub fn to(exchange: &'a mut dyn Exchange) -> Self {
        Self { exchange: Some(exchange), ..Self::closed() }
    }

    /// The gradients `arena` of the last part leave from now on, added to the `sums` of earlier ones, in order.
    pub fn open(&mut self, arena: &Tensor, sums: Vec<Tensor>) {
        self.open = Some(Open { arena: arena.clone(), sums, start: arena.len() });
    }

    /// Lets the gradients from element `from` on leave, if they are enough for a bucket. They must not change any more.
    pub fn is_final(&mut self, from: usize) {
        let (Some(open), Some(_)) = (&self.open, &self.exchange) else { return };
        let from = from.next_multiple_of(ALIGNMENT);
        if from > 0 && open.start.saturating_sub(from) >= open.arena.len().div_ceil(BUCKETS) {
            self.leave(from);
        }
    }

    /// Lets all others leave, when the sweep is recorded.
    ///
    /// # Errors
    /// The first one of the exchange.
    pub fn close(&mut self) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.start > 0) {
            self.leave(0);
        }
        self.open = None;
        std::mem::replace(&mut self.result, Ok(()))
    }

    fn leave(&mut self, from: usize) {
        let Some(open) = &mut self.open else { return };
        let end = open.start;
        let gradient = open.total(from);
        if let (Some(exchange), Ok(())) = (&mut self.exchange, &self.result) {
            self.result = exchange.leaves(from..end, gradient.read_later());
        }
    }
}
