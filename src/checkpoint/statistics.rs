//! Mean and deviation of each latent channel: the flow works on standardised latents.
//!
//! Latents of a data set are standardised on the host, where they are kept; those of samples and of given notes on the device.

use serde::{Deserialize, Serialize};

use crate::ops::flow;
use crate::tensor::Tensor;

/// Per channel, over all positions of the training latents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Means.
    pub mean: Vec<f32>,
    /// Standard deviations, none of them 0.
    pub deviation: Vec<f32>,
}

impl Statistics {
    /// Lower bound of the deviations, so that a constant channel is not divided by 0.
    const LEAST: f64 = 1e-6;

    /// Means of 0 and deviations of 1: those of latents that the codec standardises.
    pub fn standard(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![1.0; channels] }
    }

    /// The statistics of latents `[.., channels]`, computed in f64.
    pub fn of(values: &[f32], channels: usize) -> Self {
        let positions = (values.len() / channels).max(1) as f64;
        let mean_of = |term: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            let mut sums = vec![0.0; channels];
            for position in values.chunks_exact(channels) {
                position.iter().enumerate().for_each(|(c, &x)| sums[c] += term(c, f64::from(x)));
            }
            sums.into_iter().map(|sum| sum / positions).collect()
        };
        let mean = mean_of(&|_, x| x);
        let variance = mean_of(&|c, x| (x - mean[c]).powi(2));
        Self {
            mean: mean.into_iter().map(|x| x as f32).collect(),
            deviation: variance.into_iter().map(|x| x.sqrt().max(Self::LEAST) as f32).collect(),
        }
    }

    /// `(x - mean) / deviation` per channel of latents `[.., C]`, in place, on the host.
    pub fn standardise(&self, values: &mut [f32]) {
        for position in values.chunks_exact_mut(self.channels()) {
            for ((x, mean), deviation) in position.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *x = (*x - mean) / deviation;
            }
        }
    }

    /// `deviation x + mean` per channel of latents `[.., C]`, on the device.
    pub fn unstandardise(&self, latents: &Tensor) -> Tensor {
        let [mean, deviation] = self.upload(latents);
        flow::unstandardise(latents, &mean, &deviation)
    }

    /// `(x - mean) / deviation` per channel of latents `[.., C]`, on the device.
    pub fn standardised(&self, latents: &Tensor) -> Tensor {
        let [mean, deviation] = self.upload(latents);
        flow::standardise(latents, &mean, &deviation)
    }

    fn upload(&self, latents: &Tensor) -> [Tensor; 2] {
        [&self.mean, &self.deviation].map(|values| Tensor::from_f32(latents.gpu(), &[values.len()], values))
    }

    /// Whether each channel has a finite mean and a finite deviation above 0.
    pub fn is_usable(&self) -> bool {
        let Self { mean, deviation } = self;
        let is_positive = |x: &f32| x.is_finite() && *x > 0.0;
        mean.len() == deviation.len() && mean.iter().all(|x| x.is_finite()) && deviation.iter().all(is_positive)
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.mean.len()
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
