//! `flocoder train-vqvae`: trains a codec.

use std::path::PathBuf;

/// Arguments of `train-vqvae`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Configuration file, such as configs/small_vqvae.yaml [default: the built-in defaults, or with --resume the run's own]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the run: codec.safetensors, metrics.jsonl, pictures [default: runs/<config>-<time>]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Continue the run found in --output
    #[arg(long, requires = "output", conflicts_with = "config")]
    pub resume: bool,
    /// Configuration keys to change, such as train.steps=1000 data.path=/music
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}
