//! `flocoder demo`: composes songs, trains on them and makes new music, in one run.

use super::data::write_corpus;
use super::global::Global;
use super::reading::open_dataset;
use super::resume_line::ResumeLine;
use crate::audio::{Format, Instrument};
use crate::checkpoint::{Checkpoint, Kind};
use crate::config::{Config, Given};
use crate::data::dataset::Dataset;
use crate::data::music::roll::Roll;
use crate::dynamics::Asked;
use crate::error::{Error, Result};
use crate::files;
use crate::gpu::Gpu;
use crate::metrics::features::{Features, NAMES, Summary};
use crate::models::VelocityField;
use crate::ranks::Ranks;
use crate::sample::gallery::{Gallery, PAGE};
use crate::sample::{Generator, Piece, Request};
use crate::terminal::{note, print};
use crate::text::count;
use crate::train::run::{RunDir, Verbosity, interrupt};
use crate::train::{Task, codec, flow};
use std::path::{Path, PathBuf};
use std::time::Instant;

const CODEC_CONFIG: &str = include_str!("../../configs/demo_vqvae.yaml");
const FLOW_CONFIG: &str = include_str!("../../configs/demo_flow.yaml");

const EXAMPLES: &str = "Examples:\n  flocoder demo\n  flocoder demo --songs 40 --output quick --codec train.steps=300 --flow train.steps=300";

/// Arguments of `demo`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder for all results
    #[arg(long, short, value_name = "DIR", default_value = "demo")]
    pub output: PathBuf,
    /// Number of songs to compose
    #[arg(long, value_name = "N", default_value_t = 120)]
    pub songs: u64,
    /// Seed of the songs, of both training runs and of the samples
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Number of samples to make
    #[arg(short, long, value_name = "N", default_value_t = 16)]
    pub n: usize,
    /// Write .flac files, which hold the same sound as .wav files in about a quarter of the space
    #[arg(long)]
    pub flac: bool,
    /// Codec settings to change, such as train.steps=100
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub codec: Vec<String>,
    /// Flow settings to change, such as train.steps=100
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub flow: Vec<String>,
}

/// Runs all stages, from composing to sampling.
///
/// # Errors
/// A device or folder that cannot be used.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let start = Instant::now();
    if args.output.join("codec").exists() {
        return Err(Error::file(&args.output, "already contains a demo; remove it, or choose another --output"));
    }
    Given::of_overrides(&args.codec)?.check_for_codec()?;
    Given::of_overrides(&args.flow)?.check_for_flow(&Config::default())?;
    let gpu = global.open_gpu()?;
    files::writable_folder(&args.output)?;
    interrupt::install()?;
    let say = |text: &str| {
        if global.verbosity() > Verbosity::Quiet {
            note(format_args!("\n{text} ({:.0} s)", start.elapsed().as_secs_f64()));
        }
    };
    say(&format!("1. composing {}", count(args.songs as usize, "song")));
    let songs = args.output.join("corpus");
    write_corpus(&songs, args.songs, args.seed, global)?;

    say("2. training the codec: piano rolls to small latents and back");
    let config = settings(CODEC_CONFIG, "configs/demo_vqvae.yaml", &songs, args, &args.codec)?;
    config.validate_codec()?;
    let data = open_dataset(&config.data, None, global)?;
    let ranks = Ranks::alone();
    let run = RunDir::create(Some(&args.output.join("codec")), Kind::Codec, "codec")?;
    let task =
        Task { gpu: &gpu, config: &config, data: &data, run: &run, ranks: &ranks, verbosity: global.verbosity() };
    let validation = codec::train(&task, None)?;
    if interrupt::requested() {
        ResumeLine { kind: Kind::Codec, folder: run.path(), cache: None, global }.farewell();
        return Ok(());
    }

    say("3. training the flow: noise to latents");
    let codec = Checkpoint::load(&run.checkpoint_path(), Kind::Codec)?;
    let config = settings(FLOW_CONFIG, "configs/demo_flow.yaml", &songs, args, &args.flow)?;
    let config = flow::with_codec(&config, &codec);
    config.validate_flow()?;
    let run = RunDir::create(Some(&args.output.join("flow")), Kind::Flow, "flow")?;
    let task = Task { config: &config, run: &run, ..task };
    let cache = args.output.join("cache");
    flow::train(&task, &codec, &cache, flow::Start::New)?;
    if interrupt::requested() {
        ResumeLine { kind: Kind::Flow, folder: run.path(), cache: Some(&cache), global }.farewell();
        return Ok(());
    }

    say(&format!("4. making {}", count(args.n, "sample")));
    let mut generator = Generator::load(&gpu, &run.checkpoint_path())?;
    let samples = generate(&gpu, &generator, args)?;
    let folder = args.output.join("samples");
    let piece = |(number, roll): (u64, &Roll)| -> Result<Piece> {
        Ok(Piece::new(number, generator.perform(roll, args.seed, number, &Asked::default())?))
    };
    let pieces = (0..).zip(&samples).map(piece).collect::<Result<Vec<Piece>>>()?;
    let instrument = Instrument::open(None)?;
    files::writable_folder(&folder)?;
    let format = if args.flac { Format::Flac } else { Format::Wav };
    Gallery::open(&folder, args.n, Some(format))?.write(args.seed, &pieces, Some(&instrument), |_| ())?;
    generator.field = VelocityField::new(&gpu, &config.flow, config.latent_shape(), args.seed)?;
    let untrained = generate(&gpu, &generator, args)?;

    say("done");
    print(format_args!("codec on held-out songs: {validation}"))?;
    print(comparison(&of_data(&data), &of_rolls(&samples), &of_rolls(&untrained)))?;
    print(format_args!("{:<32}{}", format!("pictures, .mid and .{} files:", format.ending()), folder.display()))?;
    print(format_args!("to look at and listen to:       {}", folder.join(PAGE).display()))?;
    print(format_args!("\n{NEXT}"))?;
    Ok(())
}

/// What to do after the demo.
const NEXT: &str = "\
This music is worse than the bundled flow's. That flow trained on a large GPU on 730 pop songs; the demo's networks started from
nothing and trained for a few minutes on songs composed by rule, to show every step. They do not start from the bundled ones,
because then the codec would need no training.

next:
  flocoder sample --wav            the bundled flow: sixteen pieces in samples/
  flocoder sample --key Am --wav   the same in A minor
  flocoder data stats SONGS        whether a folder of your own .mid files suits training
  docs/tutorial.md                 how to train on it, step by step";

/// A built-in configuration with the demo's songs and seed, and the user's overrides.
fn settings(yaml: &str, origin: &str, songs: &Path, args: &Args, overrides: &[String]) -> Result<Config> {
    let mut config = Config::default().with_yaml(yaml, origin)?;
    config.data.path = Some(songs.to_owned());
    config.train.seed = args.seed;
    config.with_overrides(overrides)
}

fn generate(gpu: &Gpu, generator: &Generator, args: &Args) -> Result<Vec<Roll>> {
    let request = Request { seed: args.seed, first: 0, count: args.n, batch: 16, ..Request::default() };
    generator.generate(gpu, &request, &generator.config.flow.sampling)
}

fn of_data(data: &Dataset) -> Summary {
    let windows = data.encoding_windows(8, 1, 0);
    of_rolls(&windows.iter().map(|window| data.roll(window)).collect::<Vec<_>>())
}

fn of_rolls(rolls: &[Roll]) -> Summary {
    Summary::of(&rolls.iter().map(|roll| Features::of(roll.notes(), roll.steps())).collect::<Vec<_>>())
}

/// The features that distinguish music from noise earliest in training.
const SHOWN: [&str; 4] = ["notes per bar", "polyphony", "pitch-class entropy", "scale consistency"];

fn comparison(corpus: &Summary, samples: &Summary, untrained: &Summary) -> String {
    let mut table = format!("\n{:<22} {:>10} {:>10} {:>10}\n", "", "corpus", "samples", "untrained");
    for (i, name) in NAMES.iter().enumerate().filter(|(_, name)| SHOWN.contains(name)) {
        let [real, made, noise] = [corpus, samples, untrained].map(|summary| summary.mean[i]);
        let verdict = if (made - real).abs() < (noise - real).abs() { "closer" } else { "not closer" };
        table += &format!("{name:<22} {real:>10.3} {made:>10.3} {noise:>10.3}  {verdict}\n");
    }
    table
}
