//! `flocoder train-texture`: teaches a trained flow which texture to expect beside a melody.

use std::path::PathBuf;

use super::global::Global;
use super::reading::read_dataset;
use crate::config::DataConfig;
use crate::error::{Error, Result};
use crate::files;
use crate::sample::{ConditionTable, bundled};
use crate::terminal::print;
use crate::train::texture;

const EXAMPLES: &str = "Examples:\n  flocoder train-texture --checkpoint runs/flow/flow.safetensors --data songs --output mine.safetensors";

/// Arguments of `train-texture`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a flow with conditions [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Songs with their melody in a track: a folder of .mid files, a file or a .zip. Songs that the flow held out for validation are not
    /// learnt from
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    /// File to write: the same flow, which knows the texture to expect beside a melody
    #[arg(long, short, value_name = "OUT.safetensors")]
    pub output: PathBuf,
}

/// Learns the texture, and writes the flow with it.
///
/// # Errors
/// A checkpoint or songs that cannot be used, or a file that cannot be written.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    files::check_ending(&args.output, &["safetensors"])?;
    files::refuse_overwriting(&args.output, args.checkpoint.iter().chain([&args.data]))?;
    let mut checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    let mut table = ConditionTable::load(&checkpoint)?.ok_or_else(|| {
        Error::config(
            "this flow was trained without conditions, so that it cannot be told a texture; give another --checkpoint",
        )
    })?;
    let songs = DataConfig { path: Some(args.data.clone()), ..checkpoint.config.data.clone() };
    let data = read_dataset(&songs, Some(&checkpoint), global)?;
    data.check_training()?;
    table.expectation = texture::learn(&data, &table.scales);
    if table.expectation.is_none() {
        return Err(Error::data("no song has a track with a melody beside others; give other songs"));
    }
    table.save(&mut checkpoint);
    checkpoint.save(&args.output)?;
    print(args.output.display())
}
