//! What a training in f16 does that one in f32 does not: rounded weights for its passes, and a scaled loss.
//!
//! Gradients of activations are small, and f16 holds nothing below 2^-24. So the loss's gradient is multiplied by a scale at
//! the beginning of the backward pass, and the optimizer divides by it again (Micikevicius et al. 2018, arXiv 1710.03740). The
//! scale is as large as it can be without overflow: a step whose gradient is not finite is left out and halves it, and it is
//! doubled after many that are. All of this happens on the device; nothing is read back.

use crate::checkpoint::ResumeState;
use crate::config::Precision;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Params};
use crate::ops::elementwise::scaled;
use crate::ops::loss_scale::{Growth, loss_scale};
use crate::tensor::Tensor;

/// The scale at first. What the loss gives back to a network is one over the number of cells times something around 1, which
/// this makes about 1 for the pictures of a codec; a flow's latents are smaller, and a few steps without effect find its scale.
const FIRST: f32 = 65_536.0;
/// The scale may come to 2^24, and is doubled after 2000 finite gradients in a row, as in the paper.
const GROWTH: Growth = Growth { interval: 2000.0, largest: 16_777_216.0 };
/// A scale below this is no remedy: the gradient itself is not finite.
const LEAST: f32 = 1.0 / 65_536.0;
/// The name in a [`ResumeState`].
const NAME: &str = "loss_scale";

/// The scale of a training's loss, if it is in f16.
pub struct LossScale {
    /// The scale, and finite gradients in a row, `[2]`.
    state: Option<Tensor>,
}

impl LossScale {
    /// The scale with which a training of this precision begins: none in f32.
    ///
    /// # Errors
    /// f16 on an adapter without it.
    pub fn new(gpu: &Gpu, precision: Precision) -> Result<Self> {
        if precision == Precision::F32 {
            return Ok(Self { state: None });
        }
        gpu.capabilities().check_f16()?;
        Ok(Self { state: Some(Tensor::from_f32(gpu, &[2], &[FIRST, 0.0])) })
    }

    /// The weights that the passes of a step multiply by, where they are not the network's own.
    pub fn weights(&self, params: &Params) -> Option<Tensor> {
        self.state.as_ref().map(|_| params.in_f16())
    }

    /// What the gradient of the loss is multiplied by, `[1]`, if by anything.
    pub fn scale(&self) -> Option<Tensor> {
        self.state.as_ref().map(|state| state.view(0, &[1]))
    }

    /// A gradient with which the backward pass begins.
    pub fn scaled(&self, gradient: Tensor) -> Tensor {
        self.scale().map_or_else(|| gradient.clone(), |scale| scaled(&gradient, &scale))
    }

    /// The next step's scale, after a gradient of length `norm`.
    pub fn advance(&mut self, norm: &Tensor) {
        self.state = self.state.take().map(|state| loss_scale(norm, &state, GROWTH));
    }

    /// Adds the scale to what resuming needs.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn save(&self, state: &mut ResumeState) -> Result<()> {
        if let Some(tensor) = &self.state {
            state.tensors.insert(NAME.to_owned(), HostTensor::new([2], tensor.read_f32()?));
        }
        Ok(())
    }

    /// Goes on with the saved scale; a run that was in f32 before begins with the first.
    ///
    /// # Errors
    /// A saved scale of another form.
    pub fn load(&self, state: &mut ResumeState) -> Result<()> {
        if let Some(tensor) = self.state.as_ref().filter(|_| state.tensors.contains_key(NAME)) {
            tensor.write_f32(&state.take(NAME, &[2])?.data);
        }
        Ok(())
    }
}

/// A step's gradient, still on the device.
pub struct Gradient {
    /// Its length before clipping, times the scale, `[1]`.
    pub norm: Tensor,
    /// What the loss was multiplied by.
    pub scale: Option<Tensor>,
}

impl Gradient {
    /// Whether the step had an effect, or had none only because the scale was too large.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn is_usable(&self) -> Result<bool> {
        let number = |tensor: &Tensor| tensor.read_f32().map(|values| values[0]);
        let small = |scale: &Tensor| number(scale).map(|scale| scale < LEAST);
        Ok(number(&self.norm)?.is_finite() || !self.scale.as_ref().map_or(Ok(true), small)?)
    }

    /// The numbers for the log: the gradient's length, and in f16 the scale. Where that was too large for a step, which then
    /// had no effect, its gradient has no length.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn read(&self) -> Result<Vec<(String, f64)>> {
        let number = |tensor: &Tensor| tensor.read_f32().map(|values| values[0]);
        let named = |name: &str, value: f32| (name.to_owned(), f64::from(value));
        let norm = number(&self.norm)?;
        let Some(scale) = &self.scale else { return Ok(vec![named("gradient_norm", norm)]) };
        let scale = number(scale)?;
        let mut numbers = vec![named("loss_scale", scale)];
        if norm.is_finite() || scale < LEAST {
            numbers.push(named("gradient_norm", norm / scale));
        }
        Ok(numbers)
    }
}
