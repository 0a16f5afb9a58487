//! The configuration: four sections, their defaults, and errors that name the key.
//!
//! A file overrides the defaults, and `section.key=value` on the command line overrides the file. The resolved configuration is
//! stored with every training run and in every checkpoint.

mod data;
mod flow;
mod load;
mod sizes;
mod train;
mod trained;
mod vqvae;

pub use data::{Channels, DataConfig};
pub use flow::{Classes, FlowConfig, Latents, Method, Pairing, Sampling, TimeDistribution};
pub use train::{Precision, ScheduleKind, TrainConfig};
pub use trained::Overridable;
pub use vqvae::{Arch, Gradient, VqvaeConfig, Weights};

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
