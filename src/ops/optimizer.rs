//! The optimizer over a whole arena: the norm of the gradient, and one dispatch for clipping, Adam and the EMA of the weights.

use bytemuck::{Pod, Zeroable};

use super::reduce;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::ADAM_STEP;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    quads: u32,
    rate: f32,
    correction: f32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    clip: f32,
    ema_decay: f32,
}

/// A [`clip`](AdamStep::clip) beyond any gradient, whose quotient by the norm is still finite.
pub const UNCLIPPED: f32 = 1e30;

/// Settings of one [`adam_step`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Step size.
    pub learning_rate: f32,
    /// Decay of the first moment, the moving average of the gradient.
    pub beta1: f32,
    /// Decay of the second moment, the moving average of the squared gradient.
    pub beta2: f32,
    /// Added to the square root of the second moment.
    pub epsilon: f32,
    /// The step's number, from 1.
    pub step: u64,
    /// Largest norm of the gradient: a gradient of a larger norm is scaled down to it. [`UNCLIPPED`] disables clipping.
    pub clip: f32,
    /// Decay of the EMA of the weights.
    pub ema_decay: f32,
}

/// The tensors of an arena, of equal length.
#[derive(Debug, Clone, Copy)]
pub struct Arena<'a> {
    /// Weights.
    pub w: &'a Tensor,
    /// Their gradients; only read.
    pub g: &'a Tensor,
    /// Moving average of the gradient.
    pub m: &'a Tensor,
    /// Moving average of the squared gradient.
    pub v: &'a Tensor,
    /// EMA of the weights, if there is one: sampling uses it.
    pub ema: Option<&'a Tensor>,
}

/// Euclidean norm of the gradient over all parameters, `[1]`, summed in a fixed order.
pub fn grad_norm(g: &Tensor) -> Tensor {
    reduce::norm(g)
}

/// Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) on the gradient clipped to `clip`, in place, then
/// `ema <- d ema + (1 - d) w`. `norm` `[1]` is [`grad_norm`] of the same gradient, without a readback.
///
/// With a loss scale `scale` `[1]`, gradient and norm are those of the scaled loss. A non-finite norm changes nothing.
#[track_caller]
pub fn adam_step(arena: Arena<'_>, norm: &Tensor, scale: Option<&Tensor>, step: AdamStep) {
    let Arena { w, g, m, v, ema } = arena;
    for other in [g, m, v].into_iter().chain(ema) {
        assert_eq!(w.len(), other.len(), "adam_step: weights {w:?} and {other:?}");
    }
    assert!(norm.len() == 1 && step.step >= 1, "adam_step: norm {norm:?}, step {} (the first is 1)", step.step);
    let ([g, m, v], ema) = ([g, m, v].map(Tensor::windows), ema.map(Tensor::windows));
    for (i, w) in w.windows().iter().enumerate() {
        let ema = ema.as_ref().map(|ema| &ema[i]);
        step_of_window(Arena { w, g: &g[i], m: &m[i], v: &v[i], ema }, norm, scale, step);
    }
}

fn step_of_window(Arena { w, g, m, v, ema }: Arena<'_>, norm: &Tensor, scale: Option<&Tensor>, step: AdamStep) {
    let correction = |beta: f32| 1.0 - f64::from(beta).powf(step.step as f64);
    let quads = w.len().div_ceil(4);
    let params = Params {
        quads: quads as u32,
        rate: (f64::from(step.learning_rate) / correction(step.beta1)) as f32,
        correction: (1.0 / correction(step.beta2)) as f32,
        beta1: step.beta1,
        beta2: step.beta2,
        epsilon: step.epsilon,
        clip: step.clip,
        ema_decay: step.ema_decay,
    };
    w.gpu().launch(&Launch {
        kernel: &ADAM_STEP,
        constants: &[("scaled", scale.is_some().into()), ("averaged", ema.is_some().into())],
        params: bytemuck::bytes_of(&params),
        bindings: &[norm, g, w, m, v].into_iter().chain(ema).chain(scale).collect::<Vec<_>>(),
        grid: Grid::covering(quads, 64),
    });
}
