//! `flocoder export`: a checkpoint to publish.

use std::path::PathBuf;

use crate::checkpoint::Checkpoint;
use crate::config::{Overridable, Precision};
use crate::error::{Error, Result};
use crate::files;
use crate::terminal::print;
use crate::text::count;

const EXAMPLES: &str = "Examples:\n  flocoder export runs/flow/flow.safetensors mine.safetensors --f16\n  flocoder export runs/flow/flow.safetensors mine.safetensors flow.sampling.guidance=2";

/// Arguments of `export`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a codec or a flow
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: PathBuf,
    /// File to write
    #[arg(value_name = "OUT.safetensors")]
    pub output: PathBuf,
    /// Store weights in 16 bits, at half the size; compare the two with `flocoder evaluate`
    #[arg(long)]
    pub f16: bool,
    /// Write only the codec of a flow
    #[arg(long)]
    pub codec: bool,
    /// Default sampling settings of a flow, such as flow.sampling.steps=40
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Writes the checkpoint without the path of its data, which is of no use on another machine.
///
/// # Errors
/// A checkpoint that cannot be read, a setting that a trained network fixes, values beyond the range of f16, or a file that
/// cannot be written.
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

/// Refuses values that would become infinite.
fn check_range(checkpoint: &Checkpoint) -> Result<()> {
    let fits = |values: &[f32]| values.iter().all(|&value| half::f16::from_f32(value).is_finite());
    match checkpoint.tensors.iter().find(|(_, tensor)| !fits(&tensor.data)) {
        None => Ok(()),
        Some((name, _)) => {
            let reason = format!("tensor `{name}` has values beyond the range of f16; leave out --f16");
            Err(Error::file(&checkpoint.path, reason))
        }
    }
}
