//! Validation of a flow: its loss on latents, and samples.

use super::latents::Latents;
use super::noise;
use crate::condition::Shown;
use crate::data::music::roll::Roll;
use crate::dynamics::Asked;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::VelocityField;
use crate::nn::Pass;
use crate::ops::flow::flow_mix;
use crate::ops::loss::mse;
use crate::ranks::{Ranks, shared_out};
use crate::sample::{Generator, Request};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Samples of a validation.
const SAMPLES: usize = 8;

/// The mean loss over `data.validation_windows` latents, with the same noise and evenly spaced times at every call. Each rank computes
/// some batches, and the first one gets the mean.
///
/// # Errors
/// A failure of the device, or a connection that is broken.
pub fn loss(gpu: &Gpu, ranks: &Ranks, generator: &Generator, latents: &Latents) -> Result<f64> {
    let Generator { config, field: VelocityField { params, network }, .. } = generator;
    let count = latents.len().min(config.data.validation_windows.max(1));
    let all: Vec<usize> = (0..count).collect();
    let batches: Vec<&[usize]> = all.chunks(config.train.batch).collect();
    let sums = shared_out(ranks, batches.len(), |batch| {
        let chosen = batches[batch];
        let x1 = latents.upload(gpu, chosen);
        let x0 = noise::of_validation(&x1, chosen[0] as u64);
        let times: Vec<f32> = chosen.iter().map(|&i| (i as f32 + 0.5) / count as f32).collect();
        let (mixed, velocity) = flow_mix(&x0, &x1, &Tensor::from_f32(gpu, &[times.len()], &times));
        let t = network.times(gpu, &times);
        let conditioning = latents.conditioning(gpu, generator, chosen, &vec![Shown::ALL; chosen.len()]);
        let tape = Tape::inference();
        let predicted = network.forward(&Pass::new(&tape, params), &Var::constant(mixed), &t, &conditioning);
        let mean = f64::from(mse(&predicted.value, &velocity).value.read_f32()?[0]);
        Ok((mean * chosen.len() as f64).to_bits())
    })?;
    Ok(sums.into_iter().map(f64::from_bits).fold(0.0, |sum, batch| sum + batch) / count as f64)
}

/// The first samples of the run's seed.
///
/// # Errors
/// A failure of the device.
pub fn samples(gpu: &Gpu, generator: &Generator) -> Result<Vec<Roll>> {
    let config = &generator.config;
    let request = Request { seed: config.train.seed, first: 0, count: SAMPLES, batch: SAMPLES, ..Request::default() };
    let rolls = generator.generate(gpu, &request, &config.flow.sampling)?;
    (0..).zip(&rolls).map(|(number, roll)| generator.perform(roll, request.seed, number, &Asked::default())).collect()
}
