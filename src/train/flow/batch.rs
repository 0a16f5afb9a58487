//! What is drawn at random for a step's whole batch, on the host. Parts of the batch take theirs of it.

use super::latents::Latents;
use super::{noise, times};
use crate::condition::{Controls, Shown};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::data::music::partial::PartialRoll;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// The batch of a step.
pub struct Batch {
    /// The number of each latent.
    pub chosen: Vec<usize>,
    /// The time of each.
    pub times: Vec<f32>,
    /// What of each window is given, if the flow is trained to complete.
    pub masks: Vec<PartialRoll>,
    /// Which conditions are shown.
    pub shown: Vec<Shown>,
    /// Controls, if the flow has some.
    pub controls: Vec<Controls>,
    /// The latents and the noise that is paired with them, `[N, h, w, D]`.
    pub ends: [Tensor; 2],
}

impl Batch {
    /// Draws the batch of `step`, counted from 1.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn draw(gpu: &Gpu, config: &Config, data: &Dataset, latents: &Latents, step: u64) -> Result<Self> {
        let Config { train, flow, .. } = config;
        let mut rng = Philox::new(train.seed, step);
        let chosen: Vec<usize> = (0..train.batch).map(|_| rng.below(latents.len())).collect();
        let times: Vec<f32> = (0..train.batch).map(|_| times::draw(flow, &mut rng)).collect();
        let masks = if flow.given > 0 {
            latents.masks(data, &chosen, train.seed, step * train.batch as u64)
        } else {
            Vec::new()
        };
        let shown = latents.shown(flow.class_dropout, chosen.len(), &mut rng, &masks);
        let has_controls = latents.rows.is_some() && flow.controls > 0;
        let controls = if has_controls { latents.controls(data, &chosen, &masks, &mut rng) } else { Vec::new() };
        let values = latents.upload(gpu, &chosen);
        let noise = noise::of_step(config, &values, step)?;
        Ok(Self { chosen, times, masks, shown, controls, ends: [values, noise] })
    }
}
