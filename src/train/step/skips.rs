//! Steps that are left out, because a number in them is none.
//!
//! Where `train.skip_bad_steps` allows some, the gradient's length is read after every step, and one that is not finite
//! changes nothing: neither weights nor moments, nor codebooks. What happens to a batch that overflows f16 is another
//! matter: see [`super::loss_scale`].

use serde_json::Value;

use super::loss_scale::Gradient;
use crate::checkpoint::ResumeState;
use crate::error::{Error, Result};
use crate::nn::Params;

/// The name in a [`ResumeState`].
const NAME: &str = "skipped_steps";

/// How many steps of a run were left out, and how many may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skips {
    allowed: u64,
    count: u64,
}

impl Skips {
    /// None so far of `train.skip_bad_steps`.
    pub fn new(allowed: u64) -> Self {
        Self { allowed, count: 0 }
    }

    /// Whether any may be.
    pub fn are_allowed(self) -> bool {
        self.allowed > 0
    }

    /// Whether the step of this gradient was left out, which is counted.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where it is one too many; a failure of the device.
    pub fn include(&mut self, step: u64, gradient: &Gradient, params: &Params) -> Result<bool> {
        if !self.are_allowed() || gradient.is_usable()? {
            return Ok(false);
        }
        if self.count == self.allowed {
            let tensor = params.first_non_finite()?.unwrap_or_else(|| "the gradient".to_owned());
            // A run has a checkpoint from step 0 on.
            return Err(Error::NotFinite { step, tensor, resumable: true });
        }
        self.count += 1;
        Ok(true)
    }

    /// What the log says of a step that was left out.
    pub fn numbers(self) -> [(&'static str, f64); 2] {
        [("skipped", self.count as f64), ("allowed", self.allowed as f64)]
    }

    /// Adds the count to what resuming needs.
    pub fn save(self, state: &mut ResumeState) {
        if self.are_allowed() {
            state.counters.insert(NAME.to_owned(), Value::from(self.count));
        }
    }

    /// Goes on with the saved count.
    pub fn load(&mut self, state: &ResumeState) {
        self.count = state.counters.get(NAME).and_then(Value::as_u64).unwrap_or(0);
    }
}
