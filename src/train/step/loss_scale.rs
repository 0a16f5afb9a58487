//! Mixed precision: the f16 copy of the weights, and the scale of the loss.
//!
//! Gradients of activations are small, and f16 has no numbers between 0 and 2^-24. So the gradient of the loss is multiplied by
//! a scale where the backward pass begins, and the optimizer divides by it again (Micikevicius et al. 2018, arXiv 1710.03740).
//! A non-finite gradient skips the step and halves the scale; after 2000 finite steps in a row the scale doubles. All of this
//! happens on the device; nothing is read back.

use crate::checkpoint::ResumeState;
use crate::config::Precision;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Params};
use crate::ops::elementwise::scaled;
use crate::ops::loss_scale::{Growth, loss_scale};
use crate::tensor::Tensor;

/// The initial scale. The loss gradient is about 1 / (number of cells); 2^16 brings it close to 1 for the codec. The flow's
/// latents are smaller; its scale adapts within a few skipped steps.
const INITIAL: f32 = 65_536.0;
/// The scale doubles after 2000 finite gradients in a row, as in the paper, up to 2^24.
const GROWTH: Growth = Growth { interval: 2000.0, largest: 16_777_216.0 };
/// Below this scale a gradient that is not finite did not overflow: it would not be finite in f32 either.
pub(super) const LEAST: f32 = 1.0 / 65_536.0;
/// The scale's name in a [`ResumeState`].
const NAME: &str = "loss_scale";

/// The loss scale of a training run in f16; nothing in f32.
pub struct LossScale {
    /// The scale, and the number of finite gradients in a row, `[2]`.
    state: Option<Tensor>,
}

impl LossScale {
    /// The initial scale in f16, none in f32.
    ///
    /// # Errors
    /// f16 on an adapter without it.
    pub fn new(gpu: &Gpu, precision: Precision) -> Result<Self> {
        if precision == Precision::F32 {
            return Ok(Self { state: None });
        }
        gpu.capabilities().check_f16()?;
        Ok(Self { state: Some(Tensor::from_f32(gpu, &[2], &[INITIAL, 0.0])) })
    }

    /// The f16 copy of the weights, for the passes of one step; `None` in f32.
    pub fn weights(&self, params: &Params) -> Option<Tensor> {
        self.state.as_ref().map(|_| params.in_f16())
    }

    /// The scale, `[1]`; `None` in f32.
    pub fn scale(&self) -> Option<Tensor> {
        self.state.as_ref().map(|state| state.view(0, &[1]))
    }

    /// The gradient of the loss, times the scale.
    pub fn scaled(&self, gradient: Tensor) -> Tensor {
        self.scale().map_or_else(|| gradient.clone(), |scale| scaled(&gradient, &scale))
    }

    /// Adapts the scale to the `norm [1]` of a step's gradient.
    pub fn advance(&mut self, norm: &Tensor) {
        self.state = self.state.take().map(|state| loss_scale(norm, &state, GROWTH));
    }

    /// Adds the scale to the resume state.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn save(&self, state: &mut ResumeState) -> Result<()> {
        if let Some(tensor) = &self.state {
            state.tensors.insert(NAME.to_owned(), HostTensor::new([2], tensor.read_f32()?));
        }
        Ok(())
    }

    /// Restores the saved scale. A run that was in f32 before keeps the initial one.
    ///
    /// # Errors
    /// A saved scale of another shape.
    pub fn load(&self, state: &mut ResumeState) -> Result<()> {
        if let Some(tensor) = self.state.as_ref().filter(|_| state.tensors.contains_key(NAME)) {
            tensor.write_f32(&state.take(NAME, &[2])?.data);
        }
        Ok(())
    }
}
