//! What a flow knows of melodies, and its place in the flow's checkpoint.

use std::collections::BTreeMap;

use super::conditions::BAR;
use super::examples::Examples;
use super::host::Host;
use super::network::{Networks, PREFIX, Which};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::nn::{HostTensor, Part};

/// What a flow knows of melodies: two small networks that write one to chords, before the flow accompanies it.
#[derive(Debug, Clone, PartialEq)]
pub struct Melodies {
    /// Columns of a window, a multiple of 16.
    pub(super) steps: usize,
    rhythm: Host,
    pitch: Host,
    tensors: BTreeMap<String, HostTensor>,
    /// Training windows, to choose what a melody to other music is to be.
    pub examples: Examples,
}

impl Melodies {
    /// Those of trained networks, for windows of `steps` columns, with examples.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn new(networks: &Networks, steps: usize, examples: Examples) -> Result<Self> {
        Ok(Self::of(networks.params.export(Part::Weights)?, steps, examples))
    }

    fn of(tensors: BTreeMap<String, HostTensor>, steps: usize, examples: Examples) -> Self {
        let [rhythm, pitch] = Which::ALL.map(|which| Host::new(&tensors, which));
        Self { steps, rhythm, pitch, tensors, examples }
    }

    /// The negative logarithm of the probability that a row of a network's inputs has a class.
    pub fn surprise(&self, which: Which, row: &[f32], class: usize) -> f64 {
        let logits = self.logits(which, row);
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
        sum.ln() - f64::from(logits[class] - largest)
    }

    /// The logits of a row of a network's inputs.
    pub fn logits(&self, which: Which, row: &[f32]) -> Vec<f32> {
        match which {
            Which::Rhythm => self.rhythm.forward(row),
            Which::Pitch => self.pitch.forward(row),
        }
    }

    /// Adds them to a flow's checkpoint, in place of those that it has.
    pub fn save(&self, checkpoint: &mut Checkpoint) {
        checkpoint.tensors.extend(self.tensors.clone());
        self.examples.save(checkpoint);
    }

    /// Those of a flow's checkpoint; `None` if the flow has none.
    ///
    /// # Errors
    /// Tensors that are missing or damaged.
    pub fn load(checkpoint: &Checkpoint) -> Result<Option<Self>> {
        let Checkpoint { config, tensors, path, .. } = checkpoint;
        let is_own = |name: &str| name.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('.'));
        let own: BTreeMap<String, HostTensor> = tensors
            .iter()
            .filter(|(name, _)| is_own(name))
            .map(|(name, tensor)| (name.clone(), tensor.clone()))
            .collect();
        if own.is_empty() {
            return Ok(None);
        }
        Networks::layout().check(&own, path)?;
        check_steps(config.data.steps)?;
        Ok(Some(Self::of(own, config.data.steps, Examples::load(checkpoint)?)))
    }
}

/// Refuses windows that are not of whole bars.
///
/// # Errors
/// A number of columns that is not a multiple of 16.
pub fn check_steps(steps: usize) -> Result<()> {
    if steps.is_multiple_of(BAR) {
        return Ok(());
    }
    Err(Error::config(format!("melodies are of whole bars of 16 steps, and this flow has windows of {steps} steps")))
}
