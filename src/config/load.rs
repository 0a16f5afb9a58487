//! A [`Config`] from a file and overrides, and back to YAML.

use super::given::Given;
use super::keys::keys;
use super::{Config, DataConfig, FlowConfig, TrainConfig, VqvaeConfig};
use crate::error::Result;
use serde::Serialize;
use std::path::Path;

impl Config {
    /// The defaults, overridden by a YAML file, then by overrides of the form `section.key=value`.
    ///
    /// # Errors
    /// A file that cannot be read, invalid YAML, an unknown key (with the nearest known one), a wrong type. Ranges and
    /// combinations of values are checked by [`Config::validate_codec`] and [`Config::validate_flow`].
    pub fn load(path: Option<&Path>, overrides: &[String]) -> Result<Self> {
        Given::read(path, overrides)?.over(&Self::default())
    }

    /// This configuration, overridden by a YAML text; `origin` names the text in errors.
    pub fn with_yaml(&self, text: &str, origin: &str) -> Result<Self> {
        Given::of_yaml(text, origin)?.over(self)
    }

    /// This configuration, overridden by `section.key=value` texts. Where a key takes text, the value is taken as typed,
    /// otherwise it is YAML.
    pub fn with_overrides(&self, overrides: &[String]) -> Result<Self> {
        Given::of_overrides(overrides)?.over(self)
    }

    /// The complete configuration as YAML, which [`Config::load`] reads back to the same values.
    pub fn to_yaml(&self) -> String {
        yaml(self)
    }

    /// The sections that a codec is trained by, as YAML.
    pub fn codec_yaml(&self) -> String {
        #[derive(Serialize)]
        struct Sections<'a> {
            data: &'a DataConfig,
            vqvae: &'a VqvaeConfig,
            train: &'a TrainConfig,
        }
        yaml(&Sections { data: &self.data, vqvae: &self.vqvae, train: &self.train })
    }

    /// The sections that a flow is trained by, as YAML. Those of its codec are in the codec's checkpoint.
    pub fn flow_yaml(&self) -> String {
        #[derive(Serialize)]
        struct Sections<'a> {
            data: &'a DataConfig,
            flow: &'a FlowConfig,
            train: &'a TrainConfig,
        }
        yaml(&Sections { data: &self.data, flow: &self.flow, train: &self.train })
    }

    /// All known dotted keys: sections and leaves.
    pub fn keys() -> Vec<String> {
        keys("", &Self::default().to_value())
    }
}

fn yaml(value: &impl Serialize) -> String {
    serde_saphyr::to_string(value).expect("a configuration is plain data")
}
