//! `flocoder train-flow`: trains a flow on a codec's latents.

use super::global::Global;
use super::reading::open_dataset;
use super::run_args::RunArgs;
use crate::checkpoint::{Checkpoint, Kind};
use crate::error::{Error, Result};
use crate::terminal::print;
use crate::train::run::{RunDir, interrupt};
use crate::train::{Task, flow};
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

/// Trains a new flow, or goes on with one.
///
/// # Errors
/// Settings, codec, data, device or folder that cannot be used; a loss that is not finite.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let (resumed, config) = args.run.resumed(Kind::Flow)?;
    let codec = match (&resumed, &args.codec) {
        (Some((_, checkpoint, _)), _) => checkpoint.codec(),
        (None, Some(path)) => Checkpoint::load(path, Kind::Codec)?,
        (None, None) => return Err(Error::config("--codec is missing; give it the checkpoint of a trained codec")),
    };
    let config = flow::with_codec(&config, &codec);
    config.validate_flow()?;
    let gpu = global.open_gpu()?;
    let data = open_dataset(&config.data, global)?;
    args.run.check_data(resumed.as_ref().map(|(_, checkpoint, _)| checkpoint), &data)?;
    interrupt::install()?;
    let (run, resumed) = match resumed {
        Some((run, checkpoint, state)) => (run, Some((checkpoint, state))),
        None => (RunDir::create(args.run.output.as_deref(), Kind::Flow, &args.run.name("flow"))?, None),
    };
    let task = Task { gpu: &gpu, config: &config, data: &data, run: &run, verbosity: global.verbosity() };
    flow::train(&task, &codec, &args.cache, resumed)?;
    print(run.checkpoint_path().display())?;
    Ok(())
}
