//! `flocoder train-vqvae`: trains a codec.

use super::run_args::RunArgs;

/// Arguments of `train-vqvae`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Settings and folder.
    #[command(flatten)]
    pub run: RunArgs,
}
