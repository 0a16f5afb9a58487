//! The options that ask something of the velocities.

use crate::dynamics::Asked;
use crate::error::{Error, Result};
use crate::sample::Generator;
use clap::value_parser;

/// How loud all samples are, of a flow with dynamics.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LoudnessArgs {
    /// Median velocity of the notes, 1 to 127 [default: drawn for each sample]
    #[arg(long, value_name = "VELOCITY", value_parser = value_parser!(u8).range(1..=127))]
    pub velocity: Option<u8>,
    /// Median distance of velocities from their median, 0 to 63: the larger, the more expressive [default: drawn for each sample]
    #[arg(long, value_name = "SPREAD", value_parser = value_parser!(u8).range(0..=63))]
    pub dynamics: Option<u8>,
}

impl LoudnessArgs {
    /// What is asked of a generator's samples.
    ///
    /// # Errors
    /// A flow without dynamics.
    pub fn of(&self, generator: &Generator) -> Result<Asked> {
        let asked = Asked { level: self.velocity, spread: self.dynamics };
        if !asked.is_empty() && generator.dynamics.is_none() {
            return Err(Error::config(
                "this flow has no dynamics, so that its notes have one velocity; leave out --velocity and --dynamics, or add them by \
                 flocoder train-dynamics",
            ));
        }
        Ok(asked)
    }
}
