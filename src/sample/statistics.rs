//! Mean and deviation of each latent channel, with which latents are standardised for the flow.

use serde::{Deserialize, Serialize};

use crate::gpu::Gpu;
use crate::tensor::Tensor;

/// Per channel, over all rows of the training latents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Means.
    pub mean: Vec<f32>,
    /// Standard deviations, none of them 0.
    pub deviation: Vec<f32>,
}

impl Statistics {
    /// A channel that varies less than this is divided by it.
    const LEAST: f64 = 1e-6;

    /// Of rows of `channels` numbers.
    pub fn of(values: &[f32], channels: usize) -> Self {
        let rows = (values.len() / channels).max(1) as f64;
        let per_channel = |mut sum: Box<dyn FnMut(usize, f64) -> f64>| -> Vec<f64> {
            let mut sums = vec![0.0; channels];
            for row in values.chunks_exact(channels) {
                row.iter().enumerate().for_each(|(c, &x)| sums[c] += sum(c, f64::from(x)));
            }
            sums.into_iter().map(|sum| sum / rows).collect()
        };
        let mean = per_channel(Box::new(|_, x| x));
        let around = mean.clone();
        let variance = per_channel(Box::new(move |c, x| (x - around[c]).powi(2)));
        Self {
            mean: mean.into_iter().map(|x| x as f32).collect(),
            deviation: variance.into_iter().map(|x| x.sqrt().max(Self::LEAST) as f32).collect(),
        }
    }

    /// Standardises rows in place.
    pub fn standardise(&self, values: &mut [f32]) {
        for row in values.chunks_exact_mut(self.channels()) {
            for ((x, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *x = (*x - mean) / deviation;
            }
        }
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.mean.len()
    }

    /// Means and deviations on the device, `[C]` each.
    pub fn upload(&self, gpu: &Gpu) -> (Tensor, Tensor) {
        let upload = |values: &[f32]| Tensor::from_f32(gpu, &[values.len()], values);
        (upload(&self.mean), upload(&self.deviation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardised_rows_have_mean_zero_and_deviation_one() {
        let mut values: Vec<f32> = (0..3000).map(|i| (i % 7) as f32 * (1.0 + (i % 3) as f32) + 5.0).collect();
        Statistics::of(&values, 3).standardise(&mut values);
        let again = Statistics::of(&values, 3);
        assert!(again.mean.iter().all(|x| x.abs() < 1e-4), "{again:?}");
        assert!(again.deviation.iter().all(|x| (x - 1.0).abs() < 1e-4), "{again:?}");
    }

    #[test]
    fn a_constant_channel_divides_by_no_zero() {
        let mut values = vec![2.0; 12];
        Statistics::of(&values, 2).standardise(&mut values);
        assert!(values.iter().all(|x| x.is_finite()));
    }
}
