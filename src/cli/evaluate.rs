//! `flocoder evaluate`: scores a codec or a flow on held-out songs.

use super::global::Global;
use super::judged::Judged;
use super::reading::read_dataset;
use super::run_args::check_data_once;
use super::task_args::TaskArgs;
use crate::checkpoint::{Checkpoint, Kind};
use crate::config::{Given, Overridable};
use crate::data::picture::Picture;
use crate::data::picture::tensor::Layout;
use crate::error::{Error, Result};
use crate::evaluate::{Options, check_held_out, codec, flow, tasks};
use crate::files;
use crate::models::Vqvae;
use crate::ranks::{Ranks, together};
use crate::sample::{Generator, bundled};
use crate::terminal::print;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The files that are written.
const WRITTEN: [&str; 4] = ["evaluation.json", "reconstructions.png", "features.png", "nearest.png"];

const EXAMPLES: &str = "Examples:\n  flocoder evaluate --data songs\n  flocoder evaluate --checkpoint runs/codec/codec.safetensors --data songs --json\n  flocoder evaluate --data songs --task fill";

/// Arguments of `evaluate`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a codec or a flow [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Evaluate the codec that a flow includes
    #[arg(long)]
    pub codec: bool,
    /// Songs: a folder, a .mid or .png file, or a .zip; the same as data.path=PATH. Songs of the network's training set are left
    /// out
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Evaluate on all songs, those of the network's training set too
    #[arg(long)]
    pub all: bool,
    /// Number of held-out windows for a codec or a task, or of samples for a flow [default: all windows for a codec, else 128]
    #[arg(long, value_name = "N", value_parser = super::number::at_least_one)]
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
    /// A task instead of samples from noise. It is last because its heading holds for all options after it.
    #[command(flatten)]
    pub task: TaskArgs,
}

/// Evaluates, prints the report, and writes it with its pictures.
///
/// # Errors
/// A checkpoint, data, device or folder that cannot be used; data without held-out songs.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    together(|ranks| evaluate(args, global, ranks))
}

fn evaluate(args: &Args, global: &Global, ranks: &Ranks) -> Result<()> {
    let mut checkpoint = match &args.checkpoint {
        Some(path) => Checkpoint::open(path)?,
        None => bundled::flow()?,
    };
    if args.codec {
        checkpoint = checkpoint.codec();
    }
    let settings = args.task.settings();
    if settings.is_some() && checkpoint.kind == Kind::Codec {
        return Err(Error::config("--task evaluates a flow, and this is a codec; leave --task out"));
    }
    check_data_once(args.data.as_deref(), &Given::of_overrides(&args.overrides)?)?;
    if args.data.is_some() {
        checkpoint.config.data.path.clone_from(&args.data);
    }
    checkpoint.config = checkpoint.config.with_overrides_of_trained(&args.overrides, Overridable::SamplingAndSongs)?;
    checkpoint.kind.validate(&checkpoint.config)?;
    let songs = checkpoint.config.data.path.clone();
    let songs =
        songs.ok_or_else(|| Error::config("--data is missing; give it a folder of .mid files, a file or a .zip"))?;
    for name in WRITTEN {
        files::refuse_overwriting(&args.output.join(name), args.checkpoint.iter().chain([&songs]))?;
    }
    let data = read_dataset(&checkpoint.config.data, Some(&checkpoint), global)?;
    let (judged, data) = Judged::choose(data, &checkpoint, args.all)?;
    // The samples of a flow are shared out; all else is the first rank's.
    let are_shared = checkpoint.kind == Kind::Flow && settings.is_none();
    if !are_shared && !ranks.is_first() {
        return Ok(());
    }
    let gpu = global.open_gpu_of(ranks)?;
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
            match &settings {
                Some(settings) => {
                    let report = tasks::evaluate(&gpu, &generator, &data, settings, &options)?;
                    (report.to_string(), json!(report))
                }
                None => {
                    check_held_out(&data)?;
                    let samples = flow::Samples::generate(&gpu, &generator, &options, ranks)?;
                    if !ranks.is_first() {
                        return Ok(());
                    }
                    let (report, pictures) = flow::evaluate_samples(&gpu, &generator, &data, samples, &options)?;
                    write(&args.output.join("features.png"), &pictures.features)?;
                    if let Some(nearest) = &pictures.nearest {
                        write(&args.output.join("nearest.png"), nearest)?;
                    }
                    (report.to_string(), json!(report))
                }
            }
        }
    };
    let whole = json!({
        "kind": checkpoint.kind.name(),
        "checkpoint": checkpoint.path,
        "step": checkpoint.step,
        "data": songs,
        "data_as_trained_on": judged == Judged::HeldOut,
        "judged": judged,
        "seed": args.seed,
        "report": report,
    });
    let lines = serde_json::to_string_pretty(&whole).expect("a report is plain data");
    files::replace(&args.output.join(WRITTEN[0]), |file| writeln!(file, "{lines}"))?;
    if args.json {
        return print(&whole);
    }
    print(format_args!("{text}{}\n", judged.sentence(&data, &checkpoint)))?;
    let pictures = if settings.is_some() { "is" } else { "and pictures are" };
    print(format_args!("evaluation.json {pictures} in {}", args.output.display()))
}

fn write(path: &Path, picture: &Picture) -> Result<()> {
    let png = picture.png(&[]);
    files::replace(path, |file| file.write_all(&png))
}
