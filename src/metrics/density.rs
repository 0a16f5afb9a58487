//! Overlapped area (OA) of two distributions: the area under both of their kernel density estimates.
//!
//! Kernels are Gaussian with Scott's bandwidth, `sigma n^(-1/5)`, where sigma is the sample's standard deviation (divided by
//! n - 1), as in `scipy.stats.gaussian_kde`. Overlapped area as a measure of generated music is from
//! Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32 (2020).

use std::f64::consts::TAU;

/// Number of grid points on which densities are compared.
pub const POINTS: usize = 512;
/// Margin of the grid beyond the values, in bandwidths.
const MARGIN: f64 = 4.0;

/// Two samples of one number on a common grid, each in groups (the windows of a song). The density is a function of the
/// weights of the groups, so that a bootstrap over groups need not evaluate kernels again; the bandwidth is that of the whole
/// sample.
#[derive(Debug, Clone)]
pub struct Densities {
    /// The first point of the grid.
    pub first: f64,
    /// The distance between two points; 0 if all values are equal.
    pub step: f64,
    samples: [Vec<Group>; 2],
}

/// A group: the number of its values, and the sum of their kernels at each grid point.
#[derive(Debug, Clone)]
struct Group {
    count: f64,
    kernels: Vec<f64>,
}

impl Densities {
    /// Densities of two samples, each a list of groups of finite values.
    pub fn of(samples: [&[Vec<f64>]; 2]) -> Self {
        let all = || samples.into_iter().flatten().flatten().copied();
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        let span = if low <= high { high - low } else { 0.0 };
        let least = 2.0 * span / POINTS as f64;
        // The bandwidth of a nearly constant sample is at least two grid steps.
        let widths = samples.map(|groups| scott(groups).max(least));
        let margin = MARGIN * widths[0].max(widths[1]);
        let (first, step) = (low - margin, (span + 2.0 * margin) / (POINTS - 1) as f64);
        let group = |values: &Vec<f64>, width: f64| {
            let mut kernels = vec![0.0; POINTS];
            for value in values {
                for (i, sum) in kernels.iter_mut().enumerate() {
                    let z = (first + step * i as f64 - value) / width;
                    *sum += (-0.5 * z * z).exp() / (width * TAU.sqrt());
                }
            }
            Group { count: values.len() as f64, kernels }
        };
        let sample = |side: usize| samples[side].iter().map(|values| group(values, widths[side])).collect();
        Self { first, step, samples: [sample(0), sample(1)] }
    }

    /// Number of groups of sample `side`.
    pub fn groups(&self, side: usize) -> usize {
        self.samples[side].len()
    }

    /// The density of sample `side` (0 or 1) at each grid point, with the groups weighted by `weights`.
    pub fn density(&self, side: usize, weights: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; POINTS];
        let mut count = 0.0;
        for (group, &weight) in self.samples[side].iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            count += weight * group.count;
            sum.iter_mut().zip(&group.kernels).for_each(|(sum, kernel)| *sum += weight * kernel);
        }
        sum.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
        sum
    }

    /// The area under both densities, 0 to 1; 1 if all values are equal.
    pub fn overlap(&self, weights: [&[f64]; 2]) -> f64 {
        if self.step == 0.0 {
            return 1.0;
        }
        let (a, b) = (self.density(0, weights[0]), self.density(1, weights[1]));
        (self.step * a.iter().zip(&b).map(|(a, b)| a.min(*b)).sum::<f64>()).min(1.0)
    }
}

/// Scott's bandwidth of a sample; 0 for fewer than two values.
fn scott(groups: &[Vec<f64>]) -> f64 {
    let values = || groups.iter().flatten();
    let n = values().count() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = values().sum::<f64>() / n;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance.sqrt() * n.powf(-0.2)
}
