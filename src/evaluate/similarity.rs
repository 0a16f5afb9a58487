//! Similarity of two sets of music: overlapped areas of their features, and the Fréchet distance of their latents.

use serde::Serialize;

use super::bootstrap::{Estimate, estimate};
use super::windows::{Coder, Set};
use crate::checkpoint::Statistics;
use crate::error::Result;
use crate::metrics::density::Densities;
use crate::metrics::features::{COUNT, Features};
use crate::metrics::frechet::{Moments, distance};

/// A measure of three sets of the same size, each compared with held-out songs.
#[derive(Debug, Clone, Serialize)]
pub struct WithBaselines {
    /// The samples.
    pub generated: Estimate,
    /// Upper baseline: real windows of training songs; none where none of the songs is a training song.
    pub training: Option<Estimate>,
    /// Lower baseline: decoded noise, without the flow.
    pub noise: Estimate,
}

impl WithBaselines {
    /// The measure of sets 0 to 2: samples, training songs, noise. `trained` says whether there are training songs.
    pub fn of(trained: bool, measure: impl Fn(usize) -> Estimate) -> Self {
        Self { generated: measure(0), training: trained.then(|| measure(1)), noise: measure(2) }
    }
}

/// The densities of each feature in two sets, in the order of [`crate::metrics::features::NAMES`].
pub fn densities(real: (&Set, &[Features]), other: (&Set, &[Features])) -> Vec<Densities> {
    let values = |(set, features): (&Set, &[Features]), which: usize| {
        set.grouped(features.iter().map(|features| features.values()[which]).collect())
    };
    (0..COUNT).map(|which| Densities::of([&values(real, which), &values(other, which)])).collect()
}

/// Mean overlap of some features, with an interval by resampling the `groups` groups of both sets.
pub fn overlap(features: &[Densities], groups: [usize; 2], seed: u64) -> Estimate {
    let mean = |weights: [&[f64]; 2]| {
        features.iter().map(|densities| densities.overlap(weights)).sum::<f64>() / features.len() as f64
    };
    estimate(groups, seed, mean).within(0.0, 1.0)
}

/// Moments of the latents of a group of windows.
#[derive(Debug, Clone)]
pub struct Latents {
    /// Every latent position of every window is a point.
    pub positions: Moments,
    /// Every window is a point, the mean over its positions.
    pub windows: Moments,
}

impl Latents {
    /// Moments of the standardised encoder outputs of a set, by group.
    ///
    /// # Errors
    /// If the device fails.
    pub fn of(set: &Set, coder: &Coder<'_>, statistics: &Statistics) -> Result<Vec<Self>> {
        let groups = set.grouped(coder.encode(&set.rolls)?);
        Ok(groups.into_iter().map(|windows| Self::of_group(windows, statistics)).collect())
    }

    fn of_group(windows: Vec<Vec<f32>>, statistics: &Statistics) -> Self {
        let channels = statistics.channels();
        let mut group = Self { positions: Moments::new(channels), windows: Moments::new(channels) };
        for mut window in windows {
            statistics.standardise(&mut window);
            let positions = Moments::of(&window, channels);
            group.windows.push(&positions.mean().into_iter().map(|x| x as f32).collect::<Vec<_>>());
            group.positions.add(&positions, 1.0);
        }
        group
    }
}

/// The Fréchet distance of the latents of two sets, for the points that `which` selects.
pub fn frechet(real: &[Latents], other: &[Latents], which: fn(&Latents) -> &Moments, seed: u64) -> Estimate {
    let sum = |groups: &[Latents], weights: &[f64]| {
        let mut sum = groups.first().map_or_else(|| Moments::new(0), |first| which(first).times(0.0));
        groups.iter().zip(weights).for_each(|(group, &weight)| sum.add(which(group), weight));
        sum
    };
    let number = |[a, b]: [&[f64]; 2]| distance(&sum(real, a), &sum(other, b));
    estimate([real.len(), other.len()], seed, number).within(0.0, f64::INFINITY)
}
