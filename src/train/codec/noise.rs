//! Noise on the standardised latents of a training step, so that the decoder also takes latents that a flow only nearly hits.
//!
//! Noise takes the place of the codes: the decoder is trained on noisy latents, and the codes follow the latents. The error of
//! quantization is within this noise, and a decoder trained on codes with noise was worse with either (docs/experiments.md).

use crate::config::Config;
use crate::ops::elementwise::gate;
use crate::ops::noise::philox_normal;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::parts::MicroBatch;

/// Key of the noise, combined with the seed of the run.
const NOISE_KEY: u64 = 0x6c61_7465;
/// Key of its standard deviations, likewise.
const LEVEL_KEY: u64 = 0x6c65_7665;

/// `latents [N, h, w, D]` of a part of a batch with normal noise, whose standard deviation is drawn for each window from 0 to
/// `vqvae.latent_noise`. Steps are counted from 1.
pub fn noisy(tape: &Tape, config: &Config, latents: &Var, step: u64, part: MicroBatch) -> Var {
    let (largest, seed) = (config.vqvae.latent_noise, config.train.seed);
    let (gpu, shape) = (latents.gpu(), latents.shape());
    let (batch, windows, channels) = (config.train.batch, part.range(), latents.value.channels());
    let noise = philox_normal(gpu, seed ^ NOISE_KEY, (step - 1) * batch as u64 + windows.start as u64, shape);
    let mut rng = Philox::new(seed ^ LEVEL_KEY, step);
    // A gate of g adds (1 + g) times the noise.
    let of_batch: Vec<f32> = (0..batch).map(|_| (largest * rng.uniform() - 1.0) as f32).collect();
    let gates: Vec<f32> = of_batch[windows].iter().flat_map(|&gate| std::iter::repeat_n(gate, channels)).collect();
    let gates = Tensor::from_f32(gpu, &[part.size, channels], &gates);
    gate(tape, latents, &Var::constant(noise), &Var::constant(gates), 0)
}
