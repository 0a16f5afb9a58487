//! `flocoder train-vqvae`: trains a codec.

use super::global::Global;
use super::reading::open_dataset;
use super::resume_line::ResumeLine;
use super::run_args::{RunArgs, check_agreement};
use crate::checkpoint::Kind;
use crate::error::Result;
use crate::ranks::{Ranks, together};
use crate::terminal::print;
use crate::train::run::interrupt;
use crate::train::{Task, codec};

const EXAMPLES: &str = "Examples:\n  flocoder train-vqvae --config configs/small_vqvae.yaml --data songs --output runs/codec\n  flocoder train-vqvae --resume --output runs/codec train.steps=20000";

/// Arguments of `train-vqvae`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
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
    together(|ranks| train(args, global, ranks))
}

fn train(args: &Args, global: &Global, ranks: &Ranks) -> Result<()> {
    let given = args.run.given()?;
    given.check_for_codec()?;
    let (run, resumed) =
        args.run.resumed(Kind::Codec)?.map(|(run, checkpoint, state)| (run, (checkpoint, state))).unzip();
    let checkpoint = resumed.as_ref().map(|(checkpoint, _)| checkpoint);
    let config = args.run.configure(&given, checkpoint)?;
    config.validate_codec()?;
    let gpu = global.open_gpu_of(ranks)?;
    let data = open_dataset(&config.data, checkpoint, global)?;
    args.run.check_data(checkpoint, &data)?;
    check_agreement(ranks, &config, &data)?;
    interrupt::install()?;
    let run = args.run.folder(Kind::Codec, run, ranks)?;
    let line = ResumeLine { kind: Kind::Codec, folder: run.path(), cache: None, global };
    if let Some(checkpoint) = checkpoint {
        line.announce(checkpoint, &config);
    }
    let task = Task { gpu: &gpu, config: &config, data: &data, run: &run, ranks, verbosity: global.verbosity() };
    let watch = args.run.watched(&run, ranks)?;
    codec::train(&task, resumed)?;
    drop(watch);
    line.farewell();
    print(run.checkpoint_path().display())
}
