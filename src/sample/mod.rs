//! From noise to music.
//!
//! Noise is a function of the seed and the sample's number, and every kernel computes each sample independently. So sample i of a
//! seed is the same music in any batch.

mod asked;
mod batch;
pub mod best;
#[cfg(not(target_arch = "wasm32"))]
pub mod bundled;
mod composed;
mod composition;
pub mod conditions;
mod correction;
mod dynamics;
pub mod gallery;
mod generate;
mod generator;
pub mod given;
pub mod in_key;
pub mod likeness;
pub mod long;
mod melody;
mod metre;
mod morph;
pub mod onsets;
mod page;
mod piece;
pub mod record;
mod register;
mod request;
mod seen;
pub mod shared_noise;
pub mod shared_out;
pub mod solver;
mod steer;
mod step;
mod typical;
pub mod variants;

pub use asked::Asked;
pub use composed::Composed;
pub use composition::Composition;
pub use conditions::ConditionTable;
pub use generator::Generator;
pub use metre::Metre;
pub use morph::morph;
pub use piece::{Given, Piece};
pub use request::{Request, Variation};
pub use steer::{MELODY, Steered, Steering, steer};
pub use step::{AfterStep, Step};
