//! Confidence intervals by bootstrap (Efron 1979).
//!
//! Groups (songs with all their windows, or single samples) are resampled with replacement and the number is computed again.
//! Resampling repeats some groups and omits others. This biases an overlap of densities downwards and a distance upwards, so
//! the central 95 % of the replicates are shifted by the difference of the number and their mean.

use crate::rng::Philox;
use rayon::prelude::*;
use serde::Serialize;

/// Number of replicates.
pub const REPLICATES: u64 = 1000;

/// A number and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The number on the original data.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Estimates a number that is a function of the weights of the groups in N sets; `groups` are the numbers of groups. The
/// interval is a function of the seed, on any number of threads.
pub fn estimate<const N: usize>(groups: [usize; N], seed: u64, number: impl Fn([&[f64]; N]) -> f64 + Sync) -> Estimate {
    let of = |weights: &[Vec<f64>; N]| number(weights.each_ref().map(Vec::as_slice));
    let value = of(&groups.map(|count| vec![1.0; count]));
    let mut replicates: Vec<f64> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let mut rng = Philox::new(seed, replicate);
            of(&groups.map(|count| draw(count, &mut rng)))
        })
        .collect();
    replicates.sort_by(f64::total_cmp);
    let shift = value - replicates.iter().sum::<f64>() / replicates.len() as f64;
    let quantile = |p: f64| replicates[((replicates.len() - 1) as f64 * p).round() as usize] + shift;
    Estimate { value, low: quantile(0.025), high: quantile(0.975) }
}

/// Estimates a mean from the sum and the count of each group; `None` if all counts are 0.
pub fn mean(groups: &[[f64; 2]], seed: u64) -> Option<Estimate> {
    let number = |[weights]: [&[f64]; 1]| {
        let total = |which: usize| groups.iter().zip(weights).map(|(group, weight)| weight * group[which]).sum::<f64>();
        total(0) / total(1).max(1.0)
    };
    groups.iter().any(|group| group[1] > 0.0).then(|| estimate([groups.len()], seed, number))
}

impl Estimate {
    /// The interval clamped to the range of the number.
    pub fn within(self, least: f64, most: f64) -> Self {
        Self { low: self.low.clamp(least, most), high: self.high.clamp(least, most), ..self }
    }
}

/// Weights of `count` groups in one resample: how often each is drawn.
fn draw(count: usize, rng: &mut Philox) -> Vec<f64> {
    let mut weights = vec![0.0; count];
    (0..count).for_each(|_| weights[rng.below(count)] += 1.0);
    weights
}

/// `0.912 [0.893, 0.930]`.
impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.value.abs() >= 10.0 { 1 } else { 3 };
        f.pad(&format!("{:.digits$} [{:.digits$}, {:.digits$}]", self.value, self.low, self.high))
    }
}
