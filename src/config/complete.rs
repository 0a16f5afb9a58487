//! The complete configuration.

use super::data::DataConfig;
use super::flow::FlowConfig;
use super::train::TrainConfig;
use super::vqvae::VqvaeConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The complete configuration of a training run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data: files to read, and the windows cut from them.
    pub data: DataConfig,
    /// The codec: network, quantizer, loss.
    pub vqvae: VqvaeConfig,
    /// The flow: network, objective, sampling.
    pub flow: FlowConfig,
    /// Optimizer, schedule, and intervals of validation and logging.
    pub train: TrainConfig,
}

impl Config {
    /// The configuration as a tree of values.
    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a configuration is plain data")
    }
}
