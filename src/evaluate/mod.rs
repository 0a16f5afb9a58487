//! How good a trained network is, in numbers with their uncertainty: on songs that it was not trained on, beside what a
//! claim has to beat (floors) and what real songs reach among themselves (ceilings), measured on the same data.
//!
//! Every number comes with a 95 % interval by bootstrap over songs ([`bootstrap`]), because windows of one song are alike.
//! What the measures are is said where they are defined: [`crate::metrics::scores`], [`features`](crate::metrics::features),
//! [`bars`](crate::metrics::bars), [`density`](crate::metrics::density), [`frechet`](crate::metrics::frechet) and
//! [`nearest`](crate::metrics::nearest).

pub mod bars;
pub mod bootstrap;
pub mod codec;
pub mod codes;
pub mod flow;
pub mod likeness;
pub mod memory;
pub mod windows;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::train::run::Verbosity;

/// How much is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Held-out windows of a codec (all of them where `None`), or samples of a flow ([`flow::SAMPLES`]).
    pub samples: Option<usize>,
    /// Seed of the samples and of the bootstrap.
    pub seed: u64,
    /// How much to say on the way.
    pub verbosity: Verbosity,
}

/// Refuses data without held-out songs.
fn check_held_out(data: &Dataset) -> Result<()> {
    if data.held_out_windows().is_empty() {
        return Err(Error::data(
            "no window of a held-out song to evaluate on; give more songs, or the data.validation that was trained with",
        ));
    }
    Ok(())
}
