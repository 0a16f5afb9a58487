//! The configuration: four sections, their defaults, and errors that name the key.
//!
//! A file gives what differs from the defaults, `section.key=value` on the command line what differs from the file, and
//! the resolved whole is stored with every run and in every checkpoint.

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
pub use trained::Free;
pub use vqvae::{Arch, Gradient, VqvaeConfig, Weights};

use serde::{Deserialize, Serialize};

/// Everything that a run is made of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the music is, and how windows are cut from it.
    pub data: DataConfig,
    /// The codec: network, quantizer, loss.
    pub vqvae: VqvaeConfig,
    /// The flow: network, objective, sampling.
    pub flow: FlowConfig,
    /// Optimizer, schedule, and how often to look.
    pub train: TrainConfig,
}
