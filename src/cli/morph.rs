//! `flocoder morph`: pieces between two pieces.

use std::path::{Path, PathBuf};

use super::global::Global;
use super::number::at_least_one;
use super::solver_progress::SolverProgress;
use crate::audio::{Format, Instrument};
use crate::data::music::columns::Columns;
use crate::data::music::midi;
use crate::data::music::roll::Roll;
use crate::error::{Error, Result};
use crate::files;
use crate::sample::record::{Line, Written};
use crate::sample::variants::{Variant, Variants, file};
use crate::sample::{Generator, bundled, morph};
use crate::song::{SongFile, WINDOW_STEPS};
use crate::terminal::print;
use crate::text::count;

const EXAMPLES: &str = "Examples:
  flocoder morph a.mid b.mid
  flocoder morph a.mid b.mid --steps 5 --from 9 --to 17 --wav";
/// Most pieces that are made at once.
const MOST: usize = 64;

/// Arguments of `morph`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The first piece: a .mid file, or a picture of a piano roll
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// The last piece, in the same time signature
    #[arg(value_name = "B")]
    pub last: PathBuf,
    /// Number of pieces, with the two that are given
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = pieces)]
    pub steps: usize,
    /// First of the eight bars of A, counted from 1 [default: that of its first note]
    #[arg(long, value_name = "BAR", value_parser = at_least_one)]
    pub from: Option<usize>,
    /// First of the eight bars of B, counted from 1 [default: that of its first note]
    #[arg(long, value_name = "BAR", value_parser = at_least_one)]
    pub to: Option<usize>,
    /// Checkpoint of a flow with conditions, which includes its codec [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Folder for the pieces, each a .mid file and a picture. Earlier ones in it are removed
    #[arg(long, short, value_name = "DIR", default_value = "variants")]
    pub output: PathBuf,
    /// Also write each piece as a .wav file
    #[arg(long)]
    pub wav: bool,
}

/// Makes the pieces.
///
/// # Errors
/// Files that cannot be read, bars that they do not have or that differ in length, a checkpoint, device or folder that cannot be
/// used.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let (columns, first) = excerpt(&args.first, args.from)?;
    let (others, last) = excerpt(&args.last, args.to)?;
    if others != columns {
        return Err(Error::file(
            &args.last,
            format!(
                "has bars of {} there, but those of {} are of {}; a morph needs two pieces in one time signature",
                last.time_signature,
                args.first.display(),
                first.time_signature
            ),
        ));
    }
    let format = args.wav.then_some(Format::Wav);
    let instrument = format.map(|_| Instrument::open(None)).transpose()?;
    let variants = Variants::open(&args.output, "morph", args.steps, format)?;
    let gpu = global.open_gpu()?;
    let checkpoint = bundled::flow_or(args.checkpoint.as_deref())?;
    let generator = Generator::of(&gpu, checkpoint)?;
    files::writable_folder(&args.output)?;
    let sampling = &generator.config.flow.sampling;
    let mut progress = SolverProgress::new("writing", 2 * sampling.steps, &gpu, global);
    let in_columns = [&first, &last].map(|roll| columns.arrange(roll).window(0, WINDOW_STEPS));
    let ends = [&in_columns[0], &in_columns[1]];
    let pieces = morph(&gpu, &generator, ends, args.steps, sampling, &mut || progress.step())?;
    progress.finish();
    let piece = |(number, roll): (usize, Roll)| {
        let share = number as f64 / (args.steps - 1).max(1) as f64;
        let tempo = first.tempo.powf(1.0 - share) * last.tempo.powf(share);
        let written = columns.restore(&roll).with_time(tempo, first.time_signature).marked(true);
        let nothing = written.with_notes(written.steps(), Vec::new());
        Variant {
            midi: midi::write(&written),
            notes: written.notes().len(),
            unlikeness: None,
            around: [nothing, written.clone()],
            written,
        }
    };
    let pieces: Vec<Variant> = pieces.into_iter().enumerate().map(piece).collect();
    let written = Written {
        command: "morph".to_owned(),
        song: format!("{} {}", args.first.display(), args.last.display()),
        bars: Vec::new(),
    };
    variants.write(&Line { written: Some(written), ..Line::default() }, &pieces, instrument.as_ref())?;
    for (number, piece) in pieces.iter().enumerate() {
        let path = args.output.join(file("morph", number, "mid"));
        print(format_args!("{}: {}", path.display(), count(piece.notes, "note")))?;
    }
    Ok(())
}

/// Eight bars of a song.
fn excerpt(path: &Path, first: Option<usize>) -> Result<(Columns, Roll)> {
    let song = SongFile::open(path)?;
    let first = first.map_or(song.first_bar(), |bar| bar - 1);
    song.excerpt(first).map_err(|reason| Error::file(path, reason))
}

fn pieces(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(pieces) if (2..=MOST).contains(&pieces) => Ok(pieces),
        _ => Err(format!("it takes a whole number from 2 to {MOST}")),
    }
}
