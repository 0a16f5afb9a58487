//! Overrides allowed on the configuration of a trained network.

use super::{Config, DataConfig, FlowConfig};
use crate::error::{Error, Result};

/// Settings of a trained network that may be overridden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overridable {
    /// Sampling (`flow.sampling`).
    Sampling,
    /// Sampling, and the keys of `data` that do not change the shape or meaning of the codec's input.
    SamplingAndSongs,
}

impl Config {
    /// The configuration of a trained network, overridden by `section.key=value` texts within what is `overridable`.
    ///
    /// # Errors
    /// Those of [`Config::with_overrides`], and an override of any other setting.
    pub fn with_overrides_of_trained(&self, overrides: &[String], overridable: Overridable) -> Result<Self> {
        let changed = self.with_overrides(overrides)?;
        let flow = FlowConfig { sampling: changed.flow.sampling.clone(), ..self.flow.clone() };
        let (data, names) = match overridable {
            Overridable::Sampling => (self.data.clone(), "flow.sampling"),
            Overridable::SamplingAndSongs => {
                let DataConfig { steps, channels, velocity, pitches, .. } = self.data;
                let data = DataConfig { steps, channels, velocity, pitches, ..changed.data.clone() };
                (data, "flow.sampling and the keys of data other than steps, channels, velocity and pitches")
            }
        };
        if changed == (Self { data, flow, ..self.clone() }) {
            return Ok(changed);
        }
        Err(Error::config(format!("a trained network is fixed; only {names} can be overridden")))
    }
}
