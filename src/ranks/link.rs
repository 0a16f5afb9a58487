//! What carries bytes between ranks.

use crate::error::Result;

/// The connection of one rank to all others. Every rank calls the same functions in the same order.
pub trait Link {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Gives each rank its part of `outgoing`, and returns the part of each rank for this one.
    ///
    /// # Errors
    /// A connection that is broken, or too many bytes at once.
    fn exchange(&self, outgoing: &[&[u8]]) -> Result<Vec<Vec<u8>>>;

    /// Gives every rank `own`, and returns those of all ranks, this one's too.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>>;
}

/// The link of a single rank.
pub(super) struct Alone;

impl Link for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn exchange(&self, outgoing: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
        Ok(outgoing.iter().map(|part| part.to_vec()).collect())
    }

    fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        Ok(vec![own.to_vec()])
    }
}
