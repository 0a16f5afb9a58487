//! Ranks: the processes of one task, each with its own adapter.
//!
//! [`Ranks`] is what a task sees of them. Bytes go over a [`Link`]: none if there is one rank, channels between threads in tests, MPI
//! with the feature `mpi`. What is computed from floating-point numbers of several ranks is added in the order of [`tree`], so that it
//! does not depend on their number.

mod group;
mod link;
#[cfg(feature = "mpi")]
mod mpi;
mod pace;
mod session;
mod shared_out;
pub mod threads;
pub mod tree;
#[cfg(feature = "mpi")]
mod watch;

pub use group::{Pulse, Ranks, Traffic};
pub use link::Link;
pub use pace::Pace;
pub use session::together;
pub use shared_out::shared_out;
