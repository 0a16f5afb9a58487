//! From noise to music.
//!
//! Noise is a function of the seed and the sample's number, and every kernel computes each sample independently. So sample i of a
//! seed is the same music in any batch.

mod asked;
pub mod bundled;
pub mod conditions;
mod correction;
mod dynamics;
pub mod gallery;
mod generator;
pub mod in_key;
pub mod onsets;
mod page;
mod piece;
pub mod record;
pub mod shared_noise;
pub mod solver;

pub use asked::Asked;
pub use conditions::ConditionTable;
pub use generator::{Generator, Request};
pub use piece::{Given, Piece};
