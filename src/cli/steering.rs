//! Shared by the commands that write a part of a song: their options, and what they do once they know which part.

use std::path::{Path, PathBuf};

use super::asked::{AttributeArgs, chords};
use super::global::Global;
use super::loudness::LoudnessArgs;
use super::number::{at_least_one, zero_or_more};
use super::solver_progress::SolverProgress;
use super::timing::TimingArgs;
use crate::audio::{Format, Instrument};
use crate::data::music::chord::Progression;
use crate::data::music::{key, to_c};
use crate::error::{Error, Result as OrError};
use crate::files;
use crate::gpu::Gpu;
use crate::sample::best::Best;
use crate::sample::record::{Line, Written};
use crate::sample::variants::{Variant, Variants, file};
use crate::sample::{Generator, MELODY, Steered, Steering, bundled, steer};
use crate::song::{self, Area, BarList, Harmony, Rewrite, SongFile};
use crate::terminal::{note, print};
use crate::text::count;
use crate::train::run::Verbosity;

/// Variants computed at a time.
const BATCH: usize = 16;

/// Options of all these commands.
#[derive(Debug, Clone, clap::Args)]
pub struct SteeringArgs {
    /// Checkpoint of a flow with conditions, which includes its codec [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Folder for the variants, each a .mid file of the whole song and a picture of the written bars. Earlier variants in it are removed
    #[arg(long, short, value_name = "DIR", default_value = "variants")]
    pub output: PathBuf,
    /// Number of variants
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = at_least_one)]
    pub n: usize,
    /// Keep the best K of N variants, those most like songs and like what was asked for, in place of -n
    #[arg(long, value_name = "K/N", conflicts_with = "n")]
    pub best: Option<Best>,
    /// Seed: variant i of a seed is always the same music
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Steps of the solver [default: the checkpoint's; 24 for the bundled flow]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub steps: Option<usize>,
    /// Guidance scale: how strictly chords and attributes are followed; 1 for none [default: the checkpoint's; 1.5 for the bundled flow]
    #[arg(long, value_name = "SCALE", value_parser = zero_or_more)]
    pub guidance: Option<f64>,
    /// Candidates of each variant, of which the most typical is kept, the one most like the others: closer to what songs have there, in so
    /// many times the time [default: the checkpoint's; 1 for the bundled flow]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub candidates: Option<usize>,
    /// Also write each variant as a .wav file
    #[arg(long, group = "sound")]
    pub wav: bool,
    /// Also write each variant as a .flac file
    #[arg(long, group = "sound")]
    pub flac: bool,
    /// SoundFont (.sf2) for the sound files [default: the built-in synthesiser]
    #[arg(long, value_name = "FILE", requires = "sound")]
    pub soundfont: Option<PathBuf>,
    /// When new notes sound.
    #[command(flatten)]
    pub timing: TimingArgs,
    /// Key of the new notes, such as C, F#, Bb or Am [default: that of the music around them]
    #[arg(long, value_name = "KEY", value_parser = key::parse, help_heading = "What to ask of the music")]
    pub key: Option<usize>,
    /// Chords of the written bars, one per bar: "Am F C G", or with bar lines several per bar: "Am F | C G"; repeated to the end
    /// [default: those that are recognised in the song, or in the bars before]
    #[arg(long, value_name = "CHORDS", value_parser = chords, help_heading = "What to ask of the music")]
    pub chords: Option<String>,
    /// Attributes of the new notes. They are last because their heading holds for all options after it.
    #[command(flatten, next_help_heading = "What to ask of the music")]
    pub attributes: AttributeArgs,
    /// How loud the new notes are.
    #[command(flatten, next_help_heading = "What to ask of the music")]
    pub loudness: LoudnessArgs,
}

/// What a command writes.
#[derive(Debug)]
pub struct Task<'a> {
    /// The command, which is the beginning of the files' names.
    pub command: &'static str,
    /// The song's file.
    pub input: &'a Path,
    /// The song.
    pub song: SongFile,
    /// What is written.
    pub area: Area,
    /// Whether the song's own chords are known.
    pub has_chords: bool,
    /// The share of noise of a variation.
    pub strength: Option<f32>,
    /// How closely a passage of the song is followed, if the user says so.
    pub follow: Option<f64>,
    /// Whether only one note sounds at a time.
    pub is_melody: bool,
}

impl<'a> Task<'a> {
    /// Anything new in a part of a song.
    pub fn new(command: &'static str, input: &'a Path, song: SongFile, area: Area) -> Self {
        Self { command, input, song, area, has_chords: true, strength: None, follow: None, is_melody: false }
    }
}

impl SteeringArgs {
    /// Writes the variants of a task.
    ///
    /// # Errors
    /// A checkpoint, SoundFont, device or folder that cannot be used; chords that do not fit the bars.
    pub fn run(&self, task: &Task<'_>, global: &Global) -> OrError<()> {
        let format = self.flac.then_some(Format::Flac).or(self.wav.then_some(Format::Wav));
        let instrument = format.map(|_| Instrument::open(self.soundfont.as_deref())).transpose()?;
        let harmony = self.harmony(task)?;
        let Best { keep, of } = self.best.unwrap_or(Best { keep: self.n, of: self.n });
        let variants = Variants::open(&self.output, task.command, keep, format)?;
        if let Some(beats) = task.song.upbeat().filter(|_| global.verbosity() > Verbosity::Quiet) {
            note(format_args!(
                "note: {} probably begins with an upbeat of {}, from which its bars are counted, so that all are early",
                task.input.display(),
                if beats == 1.0 { "1 beat".to_owned() } else { format!("{beats} beats") }
            ));
        }
        let gpu = global.open_gpu()?;
        let checkpoint = bundled::flow_or(self.checkpoint.as_deref())?;
        let generator = Generator::of(&gpu, checkpoint)?;
        self.attributes.check(&generator)?;
        files::writable_folder(&self.output)?;
        let plan = Rewrite { song: &task.song, area: &task.area, harmony, key: self.key, variants: of };
        let written = self.write(&gpu, &generator, &plan, task, global)?;
        let key = self.key.unwrap_or_else(|| to_c::key_of_notes(task.song.roll(|_| true).notes()));
        let chords = plan.harmony.as_ref().map(|harmony| harmony.names(task.song.columns(), &task.area.bars, key));
        let line = Line {
            seed: Some(self.seed),
            given_chords: chords.clone(),
            written: Some(Written {
                command: task.command.to_owned(),
                song: task.input.display().to_string(),
                bars: task.area.bars.bars().iter().map(|bar| bar + 1).collect(),
            }),
            ..Line::default()
        };
        let (earlier, _) = variants.write(&line, &written, instrument.as_ref())?;
        if earlier > 0 && global.verbosity() > Verbosity::Quiet {
            note(format_args!("note: removed {earlier} earlier variants or samples from {}", self.output.display()));
        }
        let bars = in_words(&task.area.bars);
        for (number, variant) in written.iter().enumerate() {
            let path = self.output.join(file(task.command, number, "mid"));
            let score = variant.unlikeness.map_or(String::new(), |score| format!(", unlike songs by {score:.2}"));
            print(format_args!("{}: {} in {bars}{score}", path.display(), count(variant.notes, "new note")))?;
        }
        match chords {
            Some(chords) => print(format_args!("chords: {}", chords.join(" | "))),
            None => Ok(()),
        }
    }

    /// The chords of the song, and those that are asked for.
    fn harmony(&self, task: &Task<'_>) -> OrError<Option<Harmony>> {
        let Some(text) = &self.chords else { return Ok(task.has_chords.then(|| Harmony::of(&task.song))) };
        let asked = || {
            let progression = Progression::parse(text, task.song.beats_per_bar())?;
            Harmony::of(&task.song).with(task.song.columns(), &task.area.bars, &progression)
        };
        asked().map(Some).map_err(|reason| Error::config(format!("--chords \"{text}\": {reason}")))
    }

    /// The variants, with a progress bar.
    fn write(
        &self,
        gpu: &Gpu,
        generator: &Generator,
        plan: &Rewrite<'_>,
        task: &Task<'_>,
        global: &Global,
    ) -> OrError<Vec<Variant>> {
        let sampling = generator.config.flow.sampling.with(self.steps, self.guidance).of_candidates(self.candidates);
        let mut wishes = self.attributes.wishes();
        if task.is_melody {
            // The first of two wishes for the same control is overruled by the second.
            wishes.insert(0, MELODY);
        }
        let loudness = self.loudness.of(generator)?;
        let steering = Steering {
            seed: self.seed,
            batch: BATCH,
            sampling,
            wishes,
            strength: task.strength,
            follow: task.follow,
            loudness,
            is_melody: task.is_melody,
        };
        let steps = steering.steps(plan.windows().len(), plan.variants);
        let mut progress = SolverProgress::new("writing", steps, gpu, global);
        let new = steer(gpu, generator, plan, &steering, &mut |_| progress.step())?;
        progress.finish();
        let order = match self.best {
            Some(best) => best.choose(&new.iter().map(|variant| variant.unlikeness).collect::<Vec<_>>()),
            None => (0..new.len()).collect(),
        };
        let variant = |index: usize| {
            let Steered { notes, unlikeness } = &new[index];
            let notes = if task.is_melody { song::monophonic(notes) } else { notes.clone() };
            let midi = song::write(&task.song, &task.area, &notes, self.key, &self.timing.of(self.seed));
            let written = song::written_bars(&task.song, &task.area, &notes);
            Ok(Variant {
                midi: midi.map_err(|reason| Error::file(task.input, reason))?,
                written,
                around: song::surroundings(&task.song, &task.area, &notes),
                notes: notes.len(),
                unlikeness: self.best.map(|_| *unlikeness),
            })
        };
        order.into_iter().map(variant).collect()
    }
}

/// Bars in a sentence: `bar 3`, `bars 3-4, 9`.
fn in_words(bars: &BarList) -> String {
    let run = |(first, last): (usize, usize)| match first == last {
        true => (first + 1).to_string(),
        false => format!("{}-{}", first + 1, last + 1),
    };
    let runs: Vec<String> = bars.runs().into_iter().map(run).collect();
    format!("{} {}", if bars.bars().len() == 1 { "bar" } else { "bars" }, runs.join(", "))
}
