//! Which network a checkpoint holds.

use std::fmt;

use crate::config::Config;
use crate::error::Result;

/// Which network a checkpoint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Encoder, quantizer, decoder.
    Codec,
    /// The velocity network, with its codec's weights under `codec.`.
    Flow,
}

impl Kind {
    /// `codec` or `flow`: the word in metadata and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Codec => "codec",
            Self::Flow => "flow",
        }
    }

    /// Refuses a configuration that no such network can have.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn validate(self, config: &Config) -> Result<()> {
        match self {
            Self::Codec => config.validate_codec(),
            Self::Flow => config.validate_flow(),
        }
    }

    /// The sections of a configuration by which such a network is trained, as YAML.
    pub fn yaml(self, config: &Config) -> String {
        match self {
            Self::Codec => config.codec_yaml(),
            Self::Flow => config.flow_yaml(),
        }
    }

    /// The command that trains such a network.
    pub fn command(self) -> &'static str {
        match self {
            Self::Codec => "train-vqvae",
            Self::Flow => "train-flow",
        }
    }

    /// The checkpoint's name in a run's folder.
    pub fn file_name(self) -> String {
        format!("{}.safetensors", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
