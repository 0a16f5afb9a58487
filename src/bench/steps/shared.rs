//! What the steps have in common: random inputs, the sweep, and the step of the optimizer.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{Params, Part};
use crate::ops::optimizer::{AdamStep, adam_step, grad_norm};
use crate::ranks::Ranks;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::parts::{Exact, Outbox};
use crate::train::step::LossScale;

/// Latent channels of the U-Net and of the codec.
pub(super) const LATENT: usize = 4;

/// Standard normal values.
pub(super) fn normal(gpu: &Gpu, rng: &mut Philox, shape: &[usize]) -> Tensor {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal() as f32).collect();
    Tensor::from_f32(gpu, shape, &values)
}

/// Sweeps a tape, and replaces the gradients by their sums over the ranks, each of which has a part of the batch.
///
/// # Errors
/// A connection that is broken, or a failure of the device.
pub(super) fn sweep<const N: usize>(
    ranks: &Ranks,
    params: &Params,
    tape: Tape,
    seeds: [(Var, Tensor); N],
) -> Result<()> {
    if ranks.are_alone() {
        tape.backward(seeds);
        return Ok(());
    }
    let gradients = params.flat(Part::Gradients);
    let mut exchange = Exact::new(ranks, ranks.size(), gradients);
    let mut outbox = Outbox::to(&mut exchange);
    outbox.open(gradients, Vec::new());
    tape.backward_with(seeds, |from| outbox.is_final(from));
    outbox.close()?;
    exchange.finish(&[]).map(drop)
}

/// Clips the gradient and takes a step of Adam, with an EMA of the weights if they are to be `averaged`, as those of flows are.
pub(super) fn descend(params: &Params, step: u64, scale: &mut LossScale, averaged: bool) {
    let settings =
        AdamStep { learning_rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, clip: 1.0, ema_decay: 0.999 };
    let norm = grad_norm(params.flat(Part::Gradients));
    adam_step(params.arena(averaged), &norm, scale.scale().as_ref(), settings);
    scale.advance(&norm);
}
