//! Which rank computes which parts of a step.

use std::ops::Range;

use crate::config::{ExchangeFormat, TrainConfig};
use crate::error::{Error, Result};
use crate::ranks::{Ranks, tree};

/// How the parts of a step are shared out, and their gradients exchanged.
pub struct Plan<'a> {
    /// The ranks.
    pub ranks: &'a Ranks,
    /// The format of the exchange.
    pub format: ExchangeFormat,
    /// Leaves of the tree that is shared out: parts in f32, messages in f16.
    pub leaves: usize,
    /// Parts of a leaf.
    pub parts: usize,
    /// The leaves of each rank.
    pub shares: Vec<Range<usize>>,
}

impl<'a> Plan<'a> {
    /// The plan of a training run.
    ///
    /// # Errors
    /// More ranks than leaves.
    pub fn new(train: &TrainConfig, ranks: &'a Ranks) -> Result<Self> {
        let (format, parts, size) = (train.exchange, train.micro_batches, ranks.size());
        let leaves = if format == ExchangeFormat::F32 || train.messages == 0 { parts } else { train.messages };
        if size > leaves {
            let key = if leaves < parts { "train.messages" } else { "train.micro_batches" };
            return Err(Error::config(format!(
                "{size} ranks cannot share a batch of {key} = {leaves}; set it to a multiple of {size}, or start fewer ranks"
            )));
        }
        Ok(Self { ranks, format, leaves, parts: parts / leaves, shares: tree::shares(leaves, size) })
    }

    /// The leaves of this rank.
    pub fn own(&self) -> Range<usize> {
        self.shares[self.ranks.rank()].clone()
    }

    /// The parts of some leaves.
    pub fn parts_of(&self, leaves: Range<usize>) -> Range<usize> {
        leaves.start * self.parts..leaves.end * self.parts
    }
}
