//! The complete configuration.

use super::data::DataConfig;
use super::flow::FlowConfig;
use super::train::TrainConfig;
use super::vqvae::VqvaeConfig;
use serde::{Deserialize, Serialize};

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
