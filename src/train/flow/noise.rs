//! The noise of training and validation, and which noise is paired with which latent of a batch.

use super::assignment::assign;
use crate::config::{Config, Pairing};
use crate::error::Result;
use crate::ops::flow::pair_nearest;
use crate::ops::noise::philox_normal;
use crate::tensor::Tensor;

/// Key of the training noise, combined with the seed of the run: samples of that seed begin with other noise.
const TRAINING_KEY: u64 = 0x666c_6f77;
/// Key of the validation noise, for every seed.
const VALIDATION_KEY: u64 = !TRAINING_KEY;

/// The noise of a training step, paired with its `latents [N, h, w, D]`. Noise is permuted, latents never. The pairing
/// `assignment` reads both back to the host.
///
/// # Errors
/// A failure of the device.
pub fn of_step(config: &Config, latents: &Tensor, step: u64) -> Result<Tensor> {
    let (gpu, flow) = (latents.gpu(), &config.flow);
    let candidates = if flow.pairing == Pairing::Nearest { flow.pairing_k } else { 1 };
    let mut shape = latents.shape().to_vec();
    shape[0] *= candidates;
    let noise = philox_normal(gpu, config.train.seed ^ TRAINING_KEY, step * shape[0] as u64, &shape);
    Ok(match flow.pairing {
        Pairing::None => noise,
        Pairing::Nearest => pair_nearest(latents, &noise),
        Pairing::Assignment => {
            let (n, values) = (shape[0], noise.read_f32()?);
            let size = values.len() / n;
            let order = assign(&latents.read_f32()?, &values, n);
            let permuted: Vec<f32> = order.iter().flat_map(|&i| &values[i * size..(i + 1) * size]).copied().collect();
            Tensor::from_f32(gpu, &shape, &permuted)
        }
    })
}

/// The noise for validation `latents [N, h, w, D]`, of which `first` is the number of the first.
pub fn of_validation(latents: &Tensor, first: u64) -> Tensor {
    philox_normal(latents.gpu(), VALIDATION_KEY, first, latents.shape())
}
