//! `flocoder sample`: new music from a trained flow.

use super::asked::{AskedArgs, told};
use super::global::Global;
use super::number::{at_least_one, zero_or_more};
use super::solver_progress::SolverProgress;
use super::timing::TimingArgs;
use crate::audio::{Format, Instrument};
use crate::condition::Attribute;
use crate::config::{Classes, Method, Sampling};
use crate::data::music::key;
use crate::error::{Error, Result as OrError};
use crate::files;
use crate::gpu::Gpu;
use crate::ranks::{Ranks, together};
use crate::sample::best::Best;
use crate::sample::gallery::{Gallery, PAGE};
use crate::sample::in_key::in_key;
use crate::sample::likeness::unlikenesses;
use crate::sample::long::WINDOW;
use crate::sample::shared_out::{share, shared_out};
use crate::sample::{Composed, Composition, Generator, Given, Metre, Piece, Request, Step, bundled};
use crate::terminal::{note, print};
use crate::text::count;
use crate::train::run::{Progress, Verbosity};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:\n  flocoder sample --key Am --wav\n  flocoder sample --chords Am,F,C,G --form AABA --density 1.3 --register 40-84\n  flocoder sample --checkpoint runs/flow/flow.safetensors -n 4 --seed 7 --guidance 2";

/// Arguments of `sample`. Sampling settings that are not given are those of the checkpoint.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Checkpoint of a flow, which includes its codec [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Folder for pictures, .mid files, the contact sheet and a page to look at and listen to. Earlier samples in it are removed
    #[arg(long, short, value_name = "DIR", default_value = "samples")]
    pub output: PathBuf,
    /// Number of samples
    #[arg(short, long, value_name = "N", default_value_t = 16, value_parser = at_least_one)]
    pub n: usize,
    /// Keep the best K of N samples, those most like songs and like what was asked for, in place of -n
    #[arg(long, value_name = "K/N", conflicts_with = "n")]
    pub best: Option<Best>,
    /// Bars of each sample, 8 to 512 in 4/4 [default: 8; 4 of a time signature with longer bars, 16 of one with bars of half the length]
    #[arg(long, value_name = "N")]
    pub bars: Option<usize>,
    /// Time signature, such as 3/4, 6/8 or 12/8, of bars of at most 32 sixteenths
    #[arg(long, value_name = "BEATS/UNIT", default_value = "4/4", value_parser = metre)]
    pub time_signature: Metre,
    /// Tempo in quarter notes per minute
    #[arg(long, value_name = "BPM", default_value_t = 120.0, value_parser = tempo)]
    pub tempo: f64,
    /// Seed: sample i of a seed is always the same music
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Samples per batch; affects speed and memory, not the music
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_least_one)]
    pub batch: usize,
    /// Steps of the solver [default: the checkpoint's; 24 for the bundled flow]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub steps: Option<usize>,
    /// Solver [default: the checkpoint's; euler for the bundled flow]
    #[arg(long, value_enum)]
    pub method: Option<Method>,
    /// Guidance scale, for a flow trained with classes or conditions: how strictly it follows them; 1 for none [default: the
    /// checkpoint's; 1.5 for the bundled flow]
    #[arg(long, value_name = "SCALE", value_parser = zero_or_more)]
    pub guidance: Option<f64>,
    /// Candidates of each sample, of which the most typical is kept, the one most like the others, in so many times the time [default: the
    /// checkpoint's; 1 for the bundled flow]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub candidates: Option<usize>,
    /// Without a melody that is written first, note by note, for the flow to accompany
    #[arg(long)]
    pub no_melody: bool,
    /// Class, counted from 0, for a flow trained with classes [default: drawn for each sample]
    #[arg(long, value_name = "N")]
    pub class: Option<usize>,
    /// Decode the latent without quantizing it, as the bundled flow does by default
    #[arg(long, conflicts_with = "levels")]
    pub no_quantize: bool,
    /// Quantize the latent with this many levels of codes, 0 for all [default: the checkpoint's; none for the bundled flow]
    #[arg(long, value_name = "N")]
    pub levels: Option<usize>,
    /// Also write each sample as a .wav file
    #[arg(long, group = "sound")]
    pub wav: bool,
    /// Also write each sample as a .flac file: the sound of the .wav file in about a quarter of the space
    #[arg(long, group = "sound")]
    pub flac: bool,
    /// SoundFont (.sf2) for the sound files, as loud as the built-in synthesiser [default: the built-in synthesiser]
    #[arg(long, value_name = "FILE", requires = "sound")]
    pub soundfont: Option<PathBuf>,
    /// When notes sound.
    #[command(flatten)]
    pub timing: TimingArgs,
    /// What is asked of the music. It is last because its heading holds for all options after it.
    #[command(flatten)]
    pub asked: AskedArgs,
}

impl Args {
    /// The format of the sound files, if any.
    fn format(&self) -> Option<Format> {
        self.flac.then_some(Format::Flac).or(self.wav.then_some(Format::Wav))
    }

    /// The number of bars.
    fn bars(&self) -> usize {
        self.bars.unwrap_or(self.time_signature.bars(WINDOW))
    }

    /// The class given by its number or as a key.
    fn class(&self, generator: &Generator) -> OrError<Option<usize>> {
        let flow = &generator.config.flow;
        if generator.conditions.is_some() {
            return generator.check_class(self.class).map(|()| None);
        }
        if self.asked.key.is_some() && (flow.n_classes == 0 || flow.classes != Classes::Key) {
            return Err(Error::config("this flow was not trained with keys; leave out --key"));
        }
        if self.guidance.is_some() && flow.n_classes == 0 {
            return Err(Error::config(
                "this flow was trained without classes, which guidance needs; leave out --guidance",
            ));
        }
        let class = self.class.or(self.asked.key);
        generator.check_class(class)?;
        Ok(class)
    }

    /// Refuses more levels than the codec has.
    fn check_levels(&self, all: usize) -> OrError<()> {
        match self.levels {
            Some(levels) if levels > all => {
                let has = count(all, "level");
                Err(Error::config(format!(
                    "--levels is {levels}, but the codec has {has}; it takes 1 to {all}, or 0 for all"
                )))
            }
            _ => Ok(()),
        }
    }

    fn composition(&self, request: &Request) -> OrError<Composition> {
        Composition::new(self.bars(), self.time_signature.clone(), request.asked.form.as_ref())
    }

    /// The sampling settings of the checkpoint, with overrides.
    pub fn sampling(&self, trained: &Sampling) -> Sampling {
        Sampling {
            steps: self.steps.unwrap_or(trained.steps),
            method: self.method.unwrap_or(trained.method),
            guidance: self.guidance.unwrap_or(trained.guidance),
            guided_until: trained.guided_until,
            guidance_asked: trained.guidance_asked,
            follow: trained.follow,
            candidates: self.candidates.unwrap_or(trained.candidates),
            quantize: (trained.quantize || self.levels.is_some()) && !self.no_quantize,
            levels: self.levels.unwrap_or(trained.levels),
            open_orphans: trained.open_orphans,
            repeat: self.asked.repeat.unwrap_or(trained.repeat),
            push: trained.push,
            counts: trained.counts,
            melody: trained.melody && !self.no_melody,
        }
    }
}

/// Makes the samples and writes them.
///
/// # Errors
/// A checkpoint, SoundFont, class, device or folder that cannot be used.
pub fn run(args: &Args, global: &Global) -> OrError<()> {
    together(|ranks| sample(args, global, ranks))
}

fn sample(args: &Args, global: &Global, ranks: &Ranks) -> OrError<()> {
    let format = args.format();
    let instrument = format.map(|_| Instrument::open(args.soundfont.as_deref())).transpose()?;
    let all = args.best.map_or(args.n, |best| best.of);
    let gallery = Gallery::open(&args.output, all, format)?;
    let gpu = global.open_gpu_of(ranks)?;
    let checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    let generator = Generator::of(&gpu, checkpoint)?;
    let class = args.class(&generator)?;
    args.check_levels(generator.config.vqvae.levels)?;
    files::writable_folder(&args.output)?;
    let request = Request {
        seed: args.seed,
        first: 0,
        count: all,
        batch: args.batch,
        class,
        asked: args.asked.of(&generator, args.bars(), &args.time_signature)?,
        ..Request::default()
    };
    let Some(composed) = write(args, global, &gpu, &generator, &request, ranks)? else { return Ok(()) };
    let pieces = pieces(args, &generator, &request, &composed)?;
    let mut progress = Progress::new("writing", 0, pieces.len() as u64, global.verbosity());
    let (earlier, seeds) = gallery.write(args.seed, &pieces, instrument.as_ref(), |count| {
        progress.update(count as u64);
    })?;
    progress.finish();
    if earlier > 0 && global.verbosity() > Verbosity::Quiet {
        let seeds = seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        note(format_args!("note: removed {earlier} earlier samples (seed {seeds}) from {}", args.output.display()));
    }
    let shown: Vec<Attribute> = match global.verbosity() {
        Verbosity::Verbose => Attribute::ALL.to_vec(),
        _ => request.asked.attributes().collect(),
    };
    for piece @ Piece { number, key, roll, given, .. } in &pieces {
        match given {
            Some(given) => told(piece, given, &shown).iter().try_for_each(print)?,
            None => print(format_args!("sample {number}: {key}, {}", count(roll.notes().len(), "note")))?,
        }
    }
    let page = args.output.join(PAGE);
    let samples = count(pieces.len(), "sample");
    print(format_args!("{samples} of seed {} in {}; see {}", args.seed, args.output.display(), page.display()))
}

/// The samples, which all ranks write together; on the first rank only. Pieces longer than a window are written by the first rank alone.
fn write(
    args: &Args,
    global: &Global,
    gpu: &Gpu,
    generator: &Generator,
    request: &Request,
    ranks: &Ranks,
) -> OrError<Option<Composed>> {
    let composition = args.composition(request)?;
    let sampling = args.sampling(&generator.config.flow.sampling);
    let alone = ranks.are_alone() || composition.is_long();
    if alone && !ranks.is_first() {
        return Ok(None);
    }
    let count = if alone { request.count } else { share(ranks, request) };
    let steps = composition.steps(&Request { count, ..request.clone() }, &sampling);
    let mut progress = SolverProgress::new("sampling", steps, gpu, global);
    let mut step = |_: &Step<'_>| progress.step();
    let written = if alone {
        composition.write(generator, gpu, request, &sampling, &mut step)?
    } else {
        let of_batch = |batch: &Request| Ok(composition.write(generator, gpu, batch, &sampling, &mut step)?.rolls);
        let rolls = shared_out(ranks, request, of_batch)?;
        let rows = generator.rows(request, request.first, request.count).unwrap_or_default();
        Composed { rolls, rows, melodies: composition.melodies(generator, request, &sampling)? }
    };
    progress.finish();
    Ok(ranks.is_first().then_some(written))
}

/// The samples, in the key asked for if any; the best of them if these are asked for.
fn pieces(args: &Args, generator: &Generator, request: &Request, composed: &Composed) -> OrError<Vec<Piece>> {
    let Composed { rolls, rows, melodies } = composed;
    let loudness = args.asked.loudness.of(generator)?;
    let composition = args.composition(request)?;
    let unlikenesses = args.best.map(|_| unlikenesses(generator, rolls, rows)).transpose()?;
    let order = match args.best.zip(unlikenesses.as_ref()) {
        Some((best, scores)) => best.choose(scores),
        None => (0..rolls.len()).collect(),
    };
    let piece = |index: usize| {
        let roll = composition.restored(&rolls[index]);
        let signature = roll.time_signature;
        let roll = roll.with_time(args.tempo, signature);
        let number = request.first + index as u64;
        let mut piece = match args.asked.key {
            Some(key) if generator.conditions.is_none() => {
                let roll = in_key(roll, key);
                let key = if roll.notes().is_empty() { key::describe(&[]) } else { key::name(key) };
                Piece { key, ..Piece::new(number, roll) }
            }
            _ => Piece::new(number, roll),
        };
        piece.timing = args.timing.of(request.seed);
        piece.given = rows.get(index).map(|row| Given::of(row, &args.time_signature));
        piece.melody = melodies.get(index).map(|melody| composition.restored(melody));
        piece.unlikeness = unlikenesses.as_ref().map(|all| all[index]);
        piece.roll = generator.perform(&piece.roll, request.seed, number, &loudness)?;
        Ok(piece)
    };
    order.into_iter().map(piece).collect()
}

/// Parses a time signature.
fn metre(text: &str) -> Result<Metre, String> {
    Metre::new(text.parse()?)
}

/// Parses a tempo.
fn tempo(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|tempo| (10.0..=400.0).contains(tempo));
    parsed.ok_or_else(|| "it takes a number of quarter notes per minute, from 10 to 400".to_owned())
}
