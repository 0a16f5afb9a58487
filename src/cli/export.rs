//! `flocoder export`: a checkpoint to give away.

use std::path::PathBuf;

use crate::checkpoint::Checkpoint;
use crate::config::{Overridable, Precision};
use crate::error::{Error, Result};
use crate::files;
use crate::terminal::print;
use crate::text::count;

/// Arguments of `export`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Checkpoint of a codec or a flow
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: PathBuf,
    /// File to write
    #[arg(value_name = "OUT.safetensors")]
    pub output: PathBuf,
    /// Store numbers in 16 bits, in half the space; `flocoder evaluate` says whether that changes anything
    #[arg(long)]
    pub f16: bool,
    /// Only the codec that a flow carries
    #[arg(long)]
    pub codec: bool,
    /// How the flow is to be sampled unless one says otherwise, as flow.sampling.key=value
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Writes the checkpoint without what belongs to the machine that it was trained on: the data's path.
///
/// # Errors
/// A checkpoint that cannot be read, a setting that training is bound to, numbers beyond the range of 16 bits, or a file that cannot be written.
pub fn run(args: &Args) -> Result<()> {
    files::check_ending(&args.output, &["safetensors"])?;
    files::refuse_overwriting(&args.output, [&args.checkpoint])?;
    let mut checkpoint = Checkpoint::open(&args.checkpoint)?;
    if args.codec {
        checkpoint = checkpoint.codec();
    }
    checkpoint.config = checkpoint.config.with_overrides_of_trained(&args.overrides, Overridable::Sampling)?;
    checkpoint.kind.validate(&checkpoint.config)?;
    checkpoint.config.data.path = None;
    let precision = if args.f16 { Precision::F16 } else { Precision::F32 };
    if args.f16 {
        check_range(&checkpoint)?;
    }
    checkpoint.save_in(precision, &args.output)?;
    print(format_args!(
        "{} of {}: {}",
        checkpoint.kind,
        count(checkpoint.step as usize, "step"),
        args.output.display()
    ))?;
    Ok(())
}

/// Refuses numbers that would become infinite.
fn check_range(checkpoint: &Checkpoint) -> Result<()> {
    let fits = |values: &[f32]| values.iter().all(|&value| half::f16::from_f32(value).is_finite());
    match checkpoint.tensors.iter().find(|(_, tensor)| !fits(&tensor.data)) {
        None => Ok(()),
        Some((name, _)) => {
            let reason = format!("tensor `{name}` has numbers beyond the range of 16 bits; leave --f16 out");
            Err(Error::file(&checkpoint.path, reason))
        }
    }
}
