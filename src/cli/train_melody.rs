//! `flocoder train-melody`: teaches a trained flow to write melodies.

use std::path::PathBuf;

use super::global::Global;
use super::reading::read_dataset;
use crate::config::DataConfig;
use crate::data::evenly;
use crate::error::{Error, Result};
use crate::files;
use crate::melody::{Melodies, REPEAT};
use crate::sample::bundled;
use crate::terminal::print;
use crate::train::melody::{Comparison, Excerpt, examples, spelled, train, validate};
use crate::train::run::interrupt;

const EXAMPLES: &str = "Examples:
  flocoder train-melody --data songs --output mine.safetensors
  flocoder train-melody --checkpoint runs/flow/flow.safetensors --data songs --output mine.safetensors --steps 8000
  flocoder train-melody --data songs --output same.safetensors --steps 0 --compare others --show 4";

/// Bars between two windows to compare with, which do not overlap, and most windows.
const STRIDE: usize = 8;
const MOST: usize = 128;

/// Arguments of `train-melody`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a flow, with melodies or without [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Songs with a melody: a folder of .mid files, a file or a .zip. The melody is the track called melody, vocal, voice or lead, or else
    /// the highest. Songs that the flow held out for validation are not trained on
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    /// File to write: the same flow with these melodies
    #[arg(long, short, value_name = "OUT.safetensors")]
    pub output: PathBuf,
    /// Training steps; 0 keeps the networks of the checkpoint
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub steps: u64,
    /// Songs whose melodies are compared with new ones to the same chords [default: those that the flow held out]
    #[arg(long, value_name = "PATH")]
    pub compare: Option<PathBuf>,
    /// Seed of the new melodies
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Probability that a bar of a new melody repeats an earlier one of the same chords
    #[arg(long, value_name = "SHARE", default_value_t = REPEAT)]
    pub repeat: f64,
    /// Print so many of the new melodies as notes in C: `C5.` lasts two sixteenths, `-` is silence, a line is a bar
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub show: usize,
}

/// Trains the melodies, writes the flow with them, and prints measures of new melodies beside those of songs.
///
/// # Errors
/// A checkpoint, songs or device that cannot be used, or a file that cannot be written.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    files::check_ending(&args.output, &["safetensors"])?;
    files::refuse_overwriting(&args.output, args.checkpoint.iter().chain([&args.data]).chain(&args.compare))?;
    let mut checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    checkpoint.config.validate_flow()?;
    let gpu = global.open_gpu()?;
    let songs = |path: &PathBuf| DataConfig { path: Some(path.clone()), ..checkpoint.config.data.clone() };
    let data = read_dataset(&songs(&args.data), Some(&checkpoint), global)?;
    let others = args.compare.as_ref().map(|path| read_dataset(&songs(path), None, global)).transpose()?;
    interrupt::install()?;
    let melodies = match args.steps {
        0 => {
            let mut kept = Melodies::load(&checkpoint)?.ok_or_else(|| {
                Error::file(&checkpoint.path, "has no melodies to keep; leave out --steps 0, so that they are trained")
            })?;
            kept.examples = examples(&data);
            kept
        }
        steps => {
            let networks = train(&gpu, &checkpoint.config, &data, steps, global.verbosity())?;
            checkpoint.set_melody_data(&data);
            Melodies::new(&networks, checkpoint.config.data.steps, examples(&data))?
        }
    };
    melodies.save(&mut checkpoint);
    checkpoint.save(&args.output)?;
    let windows = match &others {
        Some(others) => [others.encoding_windows(STRIDE, 1, 0), others.held_out_windows().to_vec()].concat(),
        None => data.held_out_windows().to_vec(),
    };
    let excerpts = evenly(&Excerpt::of_windows(others.as_ref().unwrap_or(&data), &windows), MOST);
    if !excerpts.is_empty() {
        let [rhythm, pitch] = validate(&melodies, &excerpts);
        print(format_args!("loss of rhythm {rhythm:.4}, of pitch {pitch:.4}"))?;
        let comparison = Comparison::of(&melodies, &excerpts, &Excerpt::training(&data), args.seed, args.repeat);
        print(comparison.table())?;
        for (number, (song, new)) in comparison.songs.iter().zip(&comparison.written).take(args.show).enumerate() {
            let chords: Vec<String> =
                excerpts[number].conditions.chords.chunks(2).map(|two| two[0].to_string()).collect();
            print(format_args!("{}\nthe song's\n{}new\n{}", chords.join(" "), spelled(song), spelled(new)))?;
        }
    }
    print(args.output.display())
}
