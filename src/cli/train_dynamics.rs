//! `flocoder train-dynamics`: teaches a trained flow how loud notes are.

use std::path::PathBuf;

use super::global::Global;
use super::reading::read_dataset;
use crate::config::DataConfig;
use crate::error::Result;
use crate::evaluate::velocities::Errors;
use crate::evaluate::windows::Set;
use crate::files;
use crate::sample::bundled;
use crate::terminal::print;
use crate::text::count;
use crate::train::dynamics;
use crate::train::run::interrupt;

const EXAMPLES: &str = "Examples:\n  flocoder train-dynamics --data songs --output mine.safetensors\n  flocoder train-dynamics --checkpoint runs/flow/flow.safetensors --data songs --output mine.safetensors";

/// Arguments of `train-dynamics`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a flow, with dynamics or without [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Songs with velocities: a folder of .mid files, a file or a .zip. Songs that the flow held out for validation are not trained on
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    /// File to write: the same flow with these dynamics
    #[arg(long, short, value_name = "OUT.safetensors")]
    pub output: PathBuf,
}

/// Trains the dynamics, writes the flow with them, and prints their error on held-out songs.
///
/// # Errors
/// A checkpoint, songs or device that cannot be used, or a file that cannot be written.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    files::check_ending(&args.output, &["safetensors"])?;
    files::refuse_overwriting(&args.output, args.checkpoint.iter().chain([&args.data]))?;
    let mut checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    checkpoint.config.flow.dynamics = true;
    checkpoint.config.validate_flow()?;
    let gpu = global.open_gpu()?;
    let songs = DataConfig { path: Some(args.data.clone()), ..checkpoint.config.data.clone() };
    let data = read_dataset(&songs, Some(&checkpoint), global)?;
    interrupt::install()?;
    let dynamics = dynamics::train(&gpu, &checkpoint.config, &data, global.verbosity())?;
    dynamics.save(&mut checkpoint)?;
    checkpoint.set_dynamics_data(&data);
    checkpoint.save(&args.output)?;
    let held_out = Set::of_windows(&data, data.held_out_windows());
    if !held_out.rolls.is_empty() {
        let songs = count(held_out.groups.len(), "held-out song");
        print(format_args!("{}on {songs}\n", Errors::of(&dynamics, &held_out, checkpoint.config.train.seed)?))?;
    }
    print(args.output.display())
}
