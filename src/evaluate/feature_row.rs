//! A row of a table of features: a number of windows, compared between songs and samples.

use std::fmt;

use serde::Serialize;

use super::bootstrap::Estimate;
use super::similarity::{WithBaselines, overlap};
use crate::metrics::density::Densities;

/// One feature.
#[derive(Debug, Clone, Serialize)]
pub struct FeatureRow {
    /// Its name.
    pub name: &'static str,
    /// Mean and standard deviation over held-out windows.
    pub real: [f64; 2],
    /// Mean and standard deviation over samples.
    pub generated: [f64; 2],
    /// OA: overlapped area of its densities over the samples and over the held-out windows.
    pub overlap: WithBaselines,
}

impl FeatureRow {
    /// Of the values of held-out windows, and of samples, training windows and decoded noise, in the groups that are resampled.
    /// `trained` says whether there are training songs.
    pub fn of(name: &'static str, real: &[Vec<f64>], others: [&[Vec<f64>]; 3], trained: bool, seed: u64) -> Self {
        let of = |set: usize| {
            let densities = Densities::of([real, others[set]]);
            overlap(&[densities], [real.len(), others[set].len()], seed)
        };
        Self { name, real: moments(real), generated: moments(others[0]), overlap: WithBaselines::of(trained, of) }
    }

    /// The heading of a table of rows.
    pub fn heading(what: &str) -> String {
        let [real, generated, overlap, upper, lower] = ["real", "generated", "OA", "upper baseline", "lower baseline"];
        format!("{what:<22} {real:>16} {generated:>16}  {overlap:<22} {upper:<22} {lower}")
    }
}

impl fmt::Display for FeatureRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, real, generated, overlap } = self;
        let [real, generated] = [real, generated].map(|[mean, deviation]| format!("{mean:.3} +- {deviation:.3}"));
        write!(f, "{name:<22} {real:>16} {generated:>16}  {overlap}")
    }
}

/// The three estimates as columns.
impl fmt::Display for WithBaselines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generated, training, noise } = self;
        let training = training.as_ref().map_or("-".to_owned(), Estimate::to_string);
        write!(f, "{generated:<22} {training:<22} {noise}")
    }
}

/// Mean and standard deviation; zeros without values.
fn moments(groups: &[Vec<f64>]) -> [f64; 2] {
    let count = groups.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let mean = groups.iter().flatten().sum::<f64>() / count;
    let variance = groups.iter().flatten().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    [mean, variance.sqrt()]
}
