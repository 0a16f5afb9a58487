//! `flocoder to-wav`: renders a MIDI file as sound, in a .wav or a .flac file.

use super::reading::incomplete;
use crate::audio::{Format, Instrument, of_score};
use crate::data::dataset::source;
use crate::data::music::midi;
use crate::error::{Error, Result};
use crate::files;
use std::path::PathBuf;

const EXAMPLES: &str =
    "Examples:\n  flocoder to-wav song.mid song.wav\n  flocoder to-wav song.mid song.wav --soundfont piano.sf2";

/// Arguments of `to-wav`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// MIDI file to play
    #[arg(value_name = "IN.mid")]
    pub input: PathBuf,
    /// Sound file to write, .wav or .flac: 16 bits, stereo, 44.1 kHz. A .flac file has the same sound in about a quarter of the space
    #[arg(value_name = "OUT.wav")]
    pub output: PathBuf,
    /// SoundFont (.sf2) to play with, as loud as the built-in synthesiser [default: the built-in synthesiser]
    #[arg(long, value_name = "FILE")]
    pub soundfont: Option<PathBuf>,
}

/// Renders the file.
///
/// # Errors
/// A file that cannot be read, is not a MIDI file, has no notes or lasts over an hour; a SoundFont that cannot be played; a sound
/// file that cannot be written. A file that is cut off, once what precedes the cut is rendered.
pub fn run(args: &Args) -> Result<()> {
    let format = Format::of(&args.output)?;
    files::refuse_overwriting(&args.output, args.soundfont.iter().chain([&args.input]))?;
    let (notes, cut_off) = source::read_bytes(&args.input)
        .and_then(|bytes| midi::parse(&bytes))
        .and_then(|score| Ok((of_score(&score)?, score.cut_off)))
        .map_err(|reason| Error::file(&args.input, reason))?;
    let instrument = Instrument::open(args.soundfont.as_deref())?;
    let sound = instrument.play(&notes)?;
    format.write(&args.output, &sound)?;
    incomplete(&args.input, cut_off)
}
