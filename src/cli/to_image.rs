//! `flocoder to-image`: draws a MIDI file as a picture.

use super::global::Global;
use super::reading::incomplete;
use crate::data::dataset::song::Song;
use crate::data::dataset::source;
use crate::data::music::midi::Selection;
use crate::data::picture::image::{self, FOLDED_STEPS};
use crate::error::{Error, Result};
use crate::files;
use crate::terminal::print;
use crate::text::count;
use std::path::PathBuf;

const EXAMPLES: &str =
    "Examples:\n  flocoder to-image song.mid song.png\n  flocoder to-image song.mid melody.png --track MELODY";

/// Arguments of `to-image`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file; annotated beats are read from beat_midi.txt in the same folder, if there is one
    #[arg(value_name = "IN.mid")]
    pub input: PathBuf,
    /// The picture to write: 128 rows, one column per sixteenth
    #[arg(value_name = "OUT.png")]
    pub output: PathBuf,
    /// Read only the track of this name; may be given more than once [default: all tracks, merged]
    #[arg(long = "track", value_name = "NAME")]
    pub tracks: Vec<String>,
    /// Read the drum channel too
    #[arg(long)]
    pub drums: bool,
    /// Fold the picture to 256x256, which holds 32 bars of 4/4
    #[arg(long)]
    pub folded: bool,
}

/// Reads the MIDI file and writes the picture.
///
/// # Errors
/// A file that cannot be read or is not music, a picture that cannot be written, a roll too long to be folded. A file that is cut
/// off, once the picture of what precedes the cut is written.
pub fn run(args: &Args, _: &Global) -> Result<()> {
    files::check_ending(&args.output, &["png"])?;
    files::refuse_overwriting(&args.output, [&args.input])?;
    let selection = Selection { tracks: args.tracks.clone(), drums: args.drums };
    let Song { roll, cut_off, .. } = source::read_song(&args.input, &selection)?;
    if args.folded && roll.steps() > FOLDED_STEPS {
        return Err(Error::file(
            &args.input,
            format!("has {} steps, but a folded picture holds {FOLDED_STEPS}; leave out --folded", roll.steps()),
        ));
    }
    let png = if args.folded { image::write_folded(&roll) } else { image::write(&roll) };
    files::replace(&args.output, |file| file.write_all(&png))?;
    print(format_args!(
        "{}: {} in {}",
        args.output.display(),
        count(roll.notes().len(), "note"),
        count(roll.steps() as usize, "step")
    ))?;
    incomplete(&args.input, cut_off)
}
