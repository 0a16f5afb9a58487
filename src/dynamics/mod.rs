//! How loud the notes of a sample are.
//!
//! A flow makes notes without velocities. How loud a window is as a whole, its *level* and *spread*, cannot be told from its notes:
//! both are drawn from training windows, or asked for. Which notes are louder than others, its *shape*, can: a small network predicts
//! it from what a player sees in the score. What that leaves open is drawn.
//!
//! ```text
//! training windows -> Levels -> Loudness (level, spread)   a row is drawn, or parts are asked for
//!                                |
//! roll -> features -> network -> velocities                the shape: level + what the network adds to it
//!                                |
//!                     residual ->+-> calibrated            residual, then the level and spread wanted
//! ```
//!
//! The words are those of `docs/glossary.md`: the velocity of a note is its loudness, 1 to 127.

mod asked;
mod calibration;
mod features;
mod file;
mod input;
mod levels;
mod loudness;
mod network;
mod performance;
mod residual;

pub use asked::Asked;
pub use features::features;
pub use input::{INPUTS, inputs};
pub use levels::Levels;
pub use loudness::Loudness;
pub use network::{Dynamics, UNIT};
