//! Converts the configuration to the settings of the engine, which must not import the configuration.

use crate::config::{self, VqvaeConfig};
use crate::nn::quantizer::QuantizerSettings;
use crate::ops::quantize::Estimator;

/// How a quantizer is trained; `seed` chooses the vectors that replace dead codes.
pub fn quantizer(config: &VqvaeConfig, seed: u64) -> QuantizerSettings {
    QuantizerSettings {
        decay: config.decay as f32,
        epsilon: config.epsilon as f32,
        commitment: config.weights.commitment as f32,
        dead_code_threshold: config.dead_code_threshold as f32,
        dead_code_fraction: config.dead_code_fraction as f32,
        seed,
    }
}

/// How the gradient passes a quantizer.
pub fn estimator(gradient: config::Gradient) -> Estimator {
    match gradient {
        config::Gradient::StraightThrough => Estimator::StraightThrough,
        config::Gradient::Rotation => Estimator::Rotation,
    }
}
