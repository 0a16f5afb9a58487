//! A step's batch in parts: the gradient of each, and their sum in a fixed tree.
//!
//! What a part computes is a function of the run's seed, the step and the number of the part. The order of additions is a function of
//! the number of parts ([`ranks::tree`](crate::ranks::tree)). So a step has the same bits on any number of ranks.

mod across;
mod micro_batch;
mod outbox;
mod sum;

pub use across::across;
pub use micro_batch::MicroBatch;
pub use outbox::Outbox;
pub use sum::{Summed, sum};
