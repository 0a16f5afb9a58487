//! `flocoder evaluate`: how good a codec or a flow is, on songs that it was not trained on.

use super::global::Global;
use super::reading::open_dataset;
use crate::checkpoint::{Checkpoint, Kind};
use crate::config::Overridable;
use crate::data::dataset::Dataset;
use crate::data::picture::Picture;
use crate::data::picture::tensor::Layout;
use crate::error::Result;
use crate::evaluate::{Options, codec, flow};
use crate::files;
use crate::models::Vqvae;
use crate::sample::Generator;
use crate::terminal::print;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `evaluate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Checkpoint of a codec or a flow
    #[arg(long, value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// Songs: a folder, a file or a .zip, split by name as for training; the held-out ones are evaluated on
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    /// Held-out windows of a codec, or samples of a flow [default: all windows, 128 samples]
    #[arg(long, value_name = "N", value_parser = super::sample::at_least_one)]
    pub samples: Option<usize>,
    /// Seed of the samples and of the confidence intervals
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub json: bool,
    /// Folder for evaluation.json and pictures
    #[arg(long, short, value_name = "DIR", default_value = "evaluation")]
    pub output: PathBuf,
    /// Settings to change, such as flow.sampling.steps=40
    #[arg(value_name = "SECTION.KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Evaluates, prints the report, and writes it with its pictures.
///
/// # Errors
/// A checkpoint, data, device or folder that cannot be used; data without held-out songs.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let mut checkpoint = Checkpoint::open(&args.checkpoint)?;
    checkpoint.config.data.path = Some(args.data.clone());
    checkpoint.config = checkpoint.config.with_overrides_of_trained(&args.overrides, Overridable::SamplingAndSongs)?;
    checkpoint.kind.validate(&checkpoint.config)?;
    let data = open_dataset(&checkpoint.config.data, global)?;
    let gpu = global.open_gpu()?;
    let options = Options { samples: args.samples, seed: args.seed, verbosity: global.verbosity() };
    let (text, report) = match checkpoint.kind {
        Kind::Codec => {
            let (channels, tensors) = (Layout::of(&checkpoint.config.data).count(), &checkpoint.tensors);
            let vqvae = Vqvae::open(&gpu, &checkpoint.config.vqvae, channels, tensors, &checkpoint.path)?;
            files::writable_folder(&args.output)?;
            let (report, picture) = codec::evaluate(&gpu, &vqvae, &checkpoint.config, &data, &options)?;
            write(&args.output.join("reconstructions.png"), &picture)?;
            (report.to_string(), json!(report))
        }
        Kind::Flow => {
            let generator = Generator::of(&gpu, checkpoint.clone())?;
            files::writable_folder(&args.output)?;
            let (report, pictures) = flow::evaluate(&gpu, &generator, &data, &options)?;
            write(&args.output.join("features.png"), &pictures.features)?;
            write(&args.output.join("nearest.png"), &pictures.nearest)?;
            (report.to_string(), json!(report))
        }
    };
    let whole = described(&checkpoint, &data, args, report);
    let lines = serde_json::to_string_pretty(&whole).expect("a report is plain data");
    files::replace(&args.output.join("evaluation.json"), |file| writeln!(file, "{lines}"))?;
    if args.json {
        print(&whole)?;
    } else {
        print(format_args!("{text}{}\n", origin(&whole)))?;
        print(format_args!("evaluation.json and pictures are in {}", args.output.display()))?;
    }
    Ok(())
}

/// A report with what it is about.
fn described(checkpoint: &Checkpoint, data: &Dataset, args: &Args, report: Value) -> Value {
    json!({
        "kind": checkpoint.kind.name(),
        "checkpoint": args.checkpoint,
        "step": checkpoint.step,
        "data": args.data,
        "data_as_trained_on": checkpoint.data_fingerprint() == Some(&data.fingerprint()),
        "seed": args.seed,
        "report": report,
    })
}

fn origin(whole: &Value) -> &'static str {
    if whole["data_as_trained_on"] == true {
        return "The songs are those of the training, split as there.";
    }
    "These are not the songs, or not the data settings, of the training: songs that were trained on may be among the held-out ones."
}

fn write(path: &Path, picture: &Picture) -> Result<()> {
    let png = picture.png(&[]);
    files::replace(path, |file| file.write_all(&png))
}
