//! A step's batch in parts: the gradient of each, and their sum in a fixed tree.
//!
//! What a part computes is a function of the run's seed, the step and the number of the part. The order of additions is a function of
//! the number of parts ([`ranks::tree`](crate::ranks::tree)). So a step has the same bits on any number of ranks.
//!
//! [`batch`] computes a step's gradient by a [`Plan`]. Gradients leave by an [`Outbox`] while the sweep still computes those of earlier
//! layers, for an exchange with the other ranks in f32 ([`Exact`]) or f16 ([`Rounded`], with [`Errors`] as its state).

mod batch;
mod code;
mod errors;
mod exact;
mod exchange;
mod micro_batch;
mod outbox;
mod plan;
mod rounded;
mod sum;
mod summed;

pub use batch::{Gathered, batch};
pub use errors::Errors;
pub use exact::Exact;
pub use exchange::Exchange;
pub use micro_batch::MicroBatch;
pub use outbox::Outbox;
pub use plan::Plan;
pub use rounded::Rounded;
pub use summed::Summed;
