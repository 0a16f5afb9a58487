//! The configuration: four sections, their defaults, and errors that name the key.
//!
//! A file overrides the defaults, and `section.key=value` on the command line overrides the file. The resolved configuration
//! is stored with every training run and in every checkpoint.

mod complete;
pub mod conditions;
mod data;
mod flow;
mod given;
mod keys;
mod load;
mod owner;
mod pitches;
mod sizes;
mod train;
mod trained;
mod vqvae;
mod yaml;

pub use complete::Config;
pub use data::{Channels, DataConfig};
pub use flow::{Classes, FlowArch, FlowConfig, Latents, Method, Pairing, Sampling, TimeDistribution};
pub use given::{Given, Setting};
pub use pitches::Pitches;
pub use train::{ExchangeFormat, Precision, ScheduleKind, TrainConfig};
pub use trained::Overridable;
pub use vqvae::{Arch, Gradient, Norm, VqvaeConfig, Weights};
