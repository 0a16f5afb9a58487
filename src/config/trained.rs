//! Which settings of a trained network may still be changed.

use super::{Config, DataConfig, FlowConfig};
use crate::error::{Error, Result};

/// What a trained network is not bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// How a flow is sampled.
    Sampling,
    /// That, and the songs and how they are read, as long as pictures stay what the codec takes.
    SamplingAndSongs,
}

impl Config {
    /// The configuration of a trained network, changed by overrides of the form `section.key=value` within what is `free`.
    ///
    /// # Errors
    /// As [`Config::with_overrides`], and a setting that the network is bound to.
    pub fn with_overrides_of_trained(&self, overrides: &[String], free: Free) -> Result<Self> {
        let changed = self.with_overrides(overrides)?;
        let flow = FlowConfig { sampling: changed.flow.sampling.clone(), ..self.flow.clone() };
        let (data, names) = match free {
            Free::Sampling => (self.data.clone(), "flow.sampling"),
            Free::SamplingAndSongs => {
                let DataConfig { steps, channels, velocity, .. } = self.data;
                let data = DataConfig { steps, channels, velocity, ..changed.data.clone() };
                (data, "flow.sampling and data's other keys than steps, channels and velocity")
            }
        };
        if changed == (Self { data, flow, ..self.clone() }) {
            return Ok(changed);
        }
        Err(Error::config(format!("a trained network stays as it is; only {names} can be changed")))
    }
}
