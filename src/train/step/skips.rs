//! Skipping steps whose gradient is not finite.
//!
//! If `train.skip_bad_steps` allows it, the gradient's norm is read back after every step, and a step whose norm is not finite
//! changes neither weights nor moments nor codebooks. A gradient that overflows f16 because the loss scale is too large is not
//! counted: see [`LossScale`](super::LossScale).

use serde_json::Value;

use crate::checkpoint::ResumeState;
use crate::error::{Error, Result};
use crate::nn::Params;

/// The counter's name in a [`ResumeState`].
const NAME: &str = "skipped_steps";

/// How many steps of a run were skipped, and how many may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skips {
    allowed: u64,
    count: u64,
}

impl Skips {
    /// No skipped step yet, of `train.skip_bad_steps` allowed ones.
    pub fn new(allowed: u64) -> Self {
        Self { allowed, count: 0 }
    }

    /// Whether steps may be skipped.
    pub fn are_allowed(self) -> bool {
        self.allowed > 0
    }

    /// Counts `step` as skipped.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if as many as are allowed were skipped before; a failure of the device.
    pub fn count(&mut self, step: u64, params: &Params) -> Result<()> {
        if self.count == self.allowed {
            let tensor = params.first_non_finite()?.unwrap_or_else(|| "the gradient".to_owned());
            // A run has a checkpoint from step 0 on.
            return Err(Error::NotFinite { step, tensor, resumable: true });
        }
        self.count += 1;
        Ok(())
    }

    /// For the log of a skipped step.
    pub fn numbers(self) -> [(&'static str, f64); 2] {
        [("skipped", self.count as f64), ("allowed", self.allowed as f64)]
    }

    /// Adds the count to the resume state.
    pub fn save(self, state: &mut ResumeState) {
        if self.are_allowed() {
            state.counters.insert(NAME.to_owned(), Value::from(self.count));
        }
    }

    /// Restores the saved count.
    pub fn load(&mut self, state: &ResumeState) {
        self.count = state.counters.get(NAME).and_then(Value::as_u64).unwrap_or(0);
    }
}
