//! Gradients that leave for other ranks while the sweep still computes those of earlier layers.

use std::ops::Range;

use crate::gpu::Later;
use crate::tensor::Tensor;

/// Approximate number of buckets of the arena. Each is a submission.
const BUCKETS: usize = 4;

/// What has left of the gradients of this rank's only part.
pub struct Outbox {
    /// The gradients; none if nothing leaves early.
    arena: Option<Tensor>,
    /// The first element that has left.
    pub(super) start: usize,
    /// Ranges of the arena on their way to the host, the last ones first.
    pub(super) buckets: Vec<(Range<usize>, Later)>,
}

impl Outbox {
    /// Nothing leaves early: there are no other ranks, or a rank has several parts to add first.
    pub fn closed() -> Self {
        Self { arena: None, start: usize::MAX, buckets: Vec::new() }
    }

    /// Of the gradients `arena`.
    pub fn of(arena: &Tensor) -> Self {
        Self { arena: Some(arena.clone()), start: arena.len(), buckets: Vec::new() }
    }

    /// Lets the gradients from element `from` on leave, if they are enough for a bucket. They must not change any more.
    pub fn is_final(&mut self, from: usize) {
        let Some(arena) = &self.arena else { return };
        if from == 0 || self.start.saturating_sub(from) < arena.len().div_ceil(BUCKETS) {
            return;
        }
        let bucket = from..self.start;
        self.buckets.push((bucket.clone(), arena.view(from, &[bucket.len()]).read_later()));
        self.start = from;
    }
}
