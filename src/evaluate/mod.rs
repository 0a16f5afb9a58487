//! Evaluation of a trained network on held-out songs, with baselines on the same data: lower baselines that a claim has to
//! beat, and an upper baseline that real songs reach among themselves.
//!
//! Every number has a 95 % interval by bootstrap over songs ([`bootstrap`]), because windows of one song are correlated. The
//! measures are defined in [`crate::metrics`]: [`scores`](crate::metrics::scores), [`features`](crate::metrics::features),
//! [`bars`](crate::metrics::bars), [`density`](crate::metrics::density), [`frechet`](crate::metrics::frechet),
//! [`nearest`](crate::metrics::nearest), those of [`musicality`], [`mod@obedience`] and [`velocities`], and for [`tasks`], in which a part of
//! the music is hidden and written anew, [`filling`](crate::metrics::filling), [`seam`](crate::metrics::seam) and
//! [`exactness`](crate::metrics::exactness).

pub mod bars;
pub mod bootstrap;
pub mod codec;
pub mod codes;
pub mod feature_row;
pub mod flow;
pub mod memory;
pub mod musicality;
pub mod noise;
pub mod obedience;
pub mod profiles;
pub mod similarity;
pub mod tasks;
pub mod velocities;
pub mod windows;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::train::run::Verbosity;

/// Options of an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Number of held-out windows for a codec (default: all), or of samples for a flow (default: [`flow::SAMPLES`]), which for a
    /// task are windows.
    pub samples: Option<usize>,
    /// Seed of the samples and of the bootstrap.
    pub seed: u64,
    /// Whether to show progress.
    pub verbosity: Verbosity,
}

/// Refuses data without held-out songs.
pub fn check_held_out(data: &Dataset) -> Result<()> {
    if data.held_out_windows().is_empty() {
        return Err(Error::data(
            "no window of a held-out song to evaluate on; give other songs, or judge those that were trained on by --all",
        ));
    }
    Ok(())
}
