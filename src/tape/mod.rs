//! The recorded operations of a forward pass, and the backward sweep.
//!
//! A [`Tape`] is a list of nodes in execution order. An operation computes its output and calls [`Tape::record`] with a
//! [`Backward`] that holds what its gradient needs. [`Tape::backward`] walks the list from its end: each node is given the
//! gradient of its output, writes the gradients of its inputs ([`Gradients::write`]) and is dropped, so that memory falls as the
//! sweep runs. A tape that does not record is inference.

mod accumulate;
mod gradients;
mod sweep;
mod var;

pub use accumulate::accumulate;
pub use gradients::{Gradients, Place};
pub use sweep::{Backward, Tape};
pub use var::Var;
