//! The codec's loss: reconstruction and commitment.

use crate::config::VqvaeConfig;
use crate::error::Result;
use crate::models::settings;
use crate::nn::quantizer::QuantizerSettings;
use crate::ops::loss::{Reconstruction, Weights, reconstruction_loss};
use crate::tensor::Tensor;
use crate::train::training_loop::Numbers;

/// What a codec is trained to reduce.
pub struct Objective {
    /// The weights of the reconstruction terms.
    weights: Weights,
    /// The quantizer's settings, with the weight of the commitment loss.
    pub quantizer: QuantizerSettings,
}

/// The losses of a batch, on the device.
pub struct Losses {
    /// MSE, L1, BCE and focal loss, unweighted, `[4]`.
    pub reconstruction: Tensor,
    /// The commitment loss of each level, weighted, `[L]`.
    pub commitment: Tensor,
}

impl Objective {
    /// The objective of a configuration, for outputs that are logits or values.
    pub fn new(config: &VqvaeConfig, logits: bool, seed: u64) -> Self {
        let weights = Weights {
            mse: config.weights.mse as f32,
            l1: config.weights.l1 as f32,
            bce: config.weights.bce as f32,
            focal: config.weights.focal as f32,
            alpha: config.focal_alpha as f32,
            gamma: config.focal_gamma as f32,
            logits,
        };
        Self { weights, quantizer: settings::quantizer(config, seed) }
    }

    /// The reconstruction terms between outputs and pictures.
    pub fn reconstruction(&self, output: &Tensor, pictures: &Tensor) -> Reconstruction {
        reconstruction_loss(output, pictures, &self.weights)
    }
}

impl Losses {
    /// The weighted sum, each reconstruction loss that is in it, and the commitment loss of all levels: means over `parts` parts of a
    /// batch, given their sums.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn read(&self, config: &VqvaeConfig, parts: usize) -> Result<Numbers> {
        let mean = |values: Vec<f32>| -> Vec<f32> { values.into_iter().map(|value| value / parts as f32).collect() };
        let weights = &config.weights;
        let terms = mean(self.reconstruction.read_f32()?);
        let named = [("mse", weights.mse), ("l1", weights.l1), ("bce", weights.bce), ("focal", weights.focal)];
        let commitment: f64 = mean(self.commitment.read_f32()?).iter().map(|&x| f64::from(x)).sum();
        let used = named.iter().zip(&terms).filter(|((_, weight), _)| *weight != 0.0);
        let total: f64 = used.clone().map(|((_, weight), &term)| weight * f64::from(term)).sum();
        let mut numbers = vec![("loss".to_owned(), total + commitment)];
        numbers.extend(used.map(|((name, _), &term)| ((*name).to_owned(), f64::from(term))));
        numbers.push(("commitment".to_owned(), commitment));
        Ok(numbers)
    }
}
