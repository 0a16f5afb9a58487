//! How far a number would be off on other songs of the same kind: the bootstrap (Efron 1979).
//!
//! Groups (songs with all their windows, or samples one by one) are drawn with replacement, as many as there are, and the
//! number is computed again. Drawing repeats some groups and leaves out others, which by itself lowers an overlap of densities
//! and raises a distance; so the middle 95 % of the replicates are moved by what their mean differs from the number itself.

use crate::rng::Philox;
use rayon::prelude::*;
use serde::Serialize;

/// Replicates of a number.
pub const REPLICATES: u64 = 1000;

/// A number and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// On the data as it is.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A number that depends on how often each group of N sets of groups counts, of which there are `groups`. The same seed gives
/// the same interval on any number of threads.
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
    let quantile = |share: f64| replicates[((replicates.len() - 1) as f64 * share).round() as usize] + shift;
    Estimate { value, low: quantile(0.025), high: quantile(0.975) }
}

impl Estimate {
    /// The interval cut to what the number can be at all.
    pub fn within(self, least: f64, most: f64) -> Self {
        Self { low: self.low.clamp(least, most), high: self.high.clamp(least, most), ..self }
    }
}

/// How often each of `count` groups comes up in as many draws.
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
