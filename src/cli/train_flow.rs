//! `flocoder train-flow`: trains a flow on the latents of a codec.

use std::path::PathBuf;

/// Arguments of `train-flow`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Configuration file, such as configs/small_flow.yaml [default: the built-in defaults, or with --resume the run's own]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Checkpoint of the codec whose latents the flow learns; a flow that is resumed carries its own
    #[arg(long, value_name = "FILE", required_unless_present = "resume", conflicts_with = "resume")]
    pub codec: Option<PathBuf>,
    /// Folder of the run: flow.safetensors, metrics.jsonl, pictures [default: runs/<config>-<time>]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Folder for encoded data sets, shared by runs
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    pub cache: PathBuf,
    /// Continue the run found in --output
    #[arg(long, requires = "output", conflicts_with = "config")]
    pub resume: bool,
    /// Configuration keys to change, such as train.steps=1000 data.path=/music
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}
