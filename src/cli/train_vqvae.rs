//! `flocoder train-vqvae`: trains a codec.

use super::global::Global;
use super::reading::open_dataset;
use super::run_args::RunArgs;
use crate::checkpoint::Kind;
use crate::error::Result;
use crate::train::run::{RunDir, interrupt};
use crate::train::{Task, codec};

/// Arguments of `train-vqvae`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Settings and folder.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Trains a new codec, or resumes one.
///
/// # Errors
/// Settings, data, device or folder that cannot be used; a loss that is not finite.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let (resumed, config) = args.run.resumed(Kind::Codec)?;
    config.validate_codec()?;
    let gpu = global.open_gpu()?;
    let data = open_dataset(&config.data, global)?;
    args.run.check_data(resumed.as_ref().map(|(_, checkpoint, _)| checkpoint), &data)?;
    interrupt::install()?;
    let (run, resumed) = match resumed {
        Some((run, checkpoint, state)) => (run, Some((checkpoint, state))),
        None => (RunDir::create(args.run.output.as_deref(), Kind::Codec, &args.run.name("codec"))?, None),
    };
    let task = Task { gpu: &gpu, config: &config, data: &data, run: &run, verbosity: global.verbosity() };
    codec::train(&task, resumed)?;
    println!("{}", run.checkpoint_path().display());
    Ok(())
}
