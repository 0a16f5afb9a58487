//! `flocoder train-flow`: trains a flow on the latents of a codec.

use super::run_args::RunArgs;
use std::path::PathBuf;

/// Arguments of `train-flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Checkpoint of the codec whose latents the flow learns; a flow that is resumed carries its own
    #[arg(long, value_name = "FILE", required_unless_present = "resume", conflicts_with = "resume")]
    pub codec: Option<PathBuf>,
    /// Folder for encoded data sets, shared by runs
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    pub cache: PathBuf,
    /// Settings and folder.
    #[command(flatten)]
    pub run: RunArgs,
}
