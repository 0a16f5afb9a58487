//! `flocoder export`: a checkpoint to publish, or a page that computes in the browser.

use std::path::{Path, PathBuf};

use crate::checkpoint::{Checkpoint, F16_BITS};
use crate::config::{Overridable, Precision};
use crate::error::{Error, Result};
use crate::files;
use crate::sample::bundled;
use crate::tab;
use crate::terminal::print;
use crate::text::count;

const EXAMPLES: &str = "Examples:\n  flocoder export runs/flow/flow.safetensors mine.safetensors --f16\n  flocoder export runs/flow/flow.safetensors mine.safetensors flow.sampling.guidance=2
  flocoder export --web site";

/// Arguments of `export`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a codec or a flow
    #[arg(value_name = "CHECKPOINT", required_unless_present = "web")]
    pub input: Option<PathBuf>,
    /// File to write
    #[arg(value_name = "OUT.safetensors", required_unless_present = "web")]
    pub output: Option<PathBuf>,
    /// Folder to write the page of `flocoder serve` to, for any file server: it computes in the browser's tab by WebGPU
    #[arg(long, value_name = "DIR", conflicts_with_all = ["input", "output", "f16", "codec", "overrides"])]
    pub web: Option<PathBuf>,
    /// Checkpoint of a flow for the page, rounded to 16 bits [default: the bundled flow]
    #[arg(long, value_name = "FILE", requires = "web")]
    pub checkpoint: Option<PathBuf>,
    /// Store weights in 16 bits, at half the size; compare the two with `flocoder evaluate`
    #[arg(long)]
    pub f16: bool,
    /// Round matrices to so many significant bits, 8 to 11, for a smaller page; f16 has 11
    #[arg(long, value_name = "BITS", requires = "f16", value_parser = clap::value_parser!(u32).range(8..=i64::from(F16_BITS)))]
    pub significant_bits: Option<u32>,
    /// Write only the codec of a flow
    #[arg(long)]
    pub codec: bool,
    /// Program for the page, as scripts/build-tab builds it [default: that of this build]
    #[arg(long, value_name = "FILE", requires = "web")]
    pub program: Option<PathBuf>,
    /// Address at which visitors get flocoder whose browser has no WebGPU [default: the repository of the package, if it has one]
    #[arg(long, value_name = "URL", requires = "web")]
    pub program_url: Option<String>,
    /// Default sampling settings of a flow, such as flow.sampling.steps=40
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Writes the page, or the checkpoint without the path of its data, which is of no use on another machine.
///
/// # Errors
/// A checkpoint that cannot be read, a setting that a trained network fixes, values beyond the range of f16, or a file that
/// cannot be written.
pub fn run(args: &Args) -> Result<()> {
    if let Some(folder) = &args.web {
        return web(args, folder);
    }
    let (Some(input), Some(output)) = (&args.input, &args.output) else {
        return Err(Error::config("export takes a checkpoint and a file to write"));
    };
    files::check_ending(output, &["safetensors"])?;
    files::refuse_overwriting(output, [input])?;
    let mut checkpoint = Checkpoint::open(input)?;
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
    if let Some(bits) = args.significant_bits {
        checkpoint.round_matrices(bits);
    }
    checkpoint.save_in(precision, output)?;
    print(format_args!("{} of {}: {}", checkpoint.kind, count(checkpoint.step as usize, "step"), output.display()))?;
    Ok(())
}

/// Writes the page with a flow.
fn web(args: &Args, folder: &Path) -> Result<()> {
    let mut checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    checkpoint.config.data.path = None;
    check_range(&checkpoint)?;
    let site = tab::write(folder, &checkpoint, args.program.as_deref(), args.program_url.as_deref())?;
    print(format_args!(
        "{} of {:.2} MB with {}: {}",
        count(site.files, "file"),
        site.bytes as f64 / 1e6,
        count(site.kernels, "kernel"),
        folder.display()
    ))
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
