//! The norm of a step's gradient, and whether the step was skipped.

use super::Skips;
use super::loss_scale::LEAST;
use crate::error::Result;
use crate::tensor::Tensor;

/// A step's gradient, on the device.
pub struct Gradient {
    /// Its norm before clipping, times the loss scale, `[1]`.
    pub norm: Tensor,
    /// The loss scale in f16, `[1]`.
    pub scale: Option<Tensor>,
    /// If the step was skipped: the skipped steps of the run so far.
    pub skipped: Option<Skips>,
}

impl Gradient {
    /// Whether the gradient is finite, or would be at a smaller loss scale.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn is_usable(&self) -> Result<bool> {
        let is_least = |scale: &Tensor| number(scale).map(|scale| scale < LEAST);
        Ok(number(&self.norm)?.is_finite() || !self.scale.as_ref().map_or(Ok(true), is_least)?)
    }

    /// For the log: the gradient's norm and, in f16, the loss scale. The norm is left out if the step overflowed because the
    /// scale was too large.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn read(&self) -> Result<Vec<(String, f64)>> {
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

fn number(tensor: &Tensor) -> Result<f32> {
    tensor.read_f32().map(|values| values[0])
}
