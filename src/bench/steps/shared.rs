//! What the steps have in common: random inputs, and the step of the optimizer.

use crate::gpu::Gpu;
use crate::nn::{Params, Part};
use crate::ops::optimizer::{AdamStep, adam_step, grad_norm};
use crate::rng::Philox;
use crate::tensor::Tensor;
use crate::train::step::LossScale;

/// Latent channels of the U-Net and of the codec.
pub(super) const LATENT: usize = 4;

/// Standard normal values.
pub(super) fn normal(gpu: &Gpu, rng: &mut Philox, shape: &[usize]) -> Tensor {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal() as f32).collect();
    Tensor::from_f32(gpu, shape, &values)
}

/// Clips the gradient and takes a step of Adam.
pub(super) fn descend(params: &Params, step: u64, scale: &mut LossScale) {
    let settings =
        AdamStep { learning_rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, clip: 1.0, ema_decay: 0.999 };
    let norm = grad_norm(params.flat(Part::Gradients));
    adam_step(params.arena(), &norm, scale.scale().as_ref(), settings);
    scale.advance(&norm);
}
