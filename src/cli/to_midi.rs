//! `flocoder to-midi`: converts a picture of a piano roll to a MIDI file.

use super::global::Global;
use crate::data::dataset::source;
use crate::data::music::midi;
use crate::data::picture::cells::Orphans;
use crate::data::picture::image;
use crate::error::{Error, Result};
use crate::files;
use crate::terminal::print;
use crate::text::count;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:\n  flocoder to-midi song.png song.mid";

/// Arguments of `to-midi`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A picture of 128 rows, or of 256x256 folded
    #[arg(value_name = "IN.png")]
    pub input: PathBuf,
    /// The MIDI file to write
    #[arg(value_name = "OUT.mid")]
    pub output: PathBuf,
    /// Make a note of an orphaned sustain (green without red before it) instead of dropping it
    #[arg(long)]
    pub open_orphans: bool,
}

/// Reads the picture and writes the MIDI file.
///
/// # Errors
/// A file that cannot be read or is not a piano roll, a MIDI file that cannot be written.
pub fn run(args: &Args, _: &Global) -> Result<()> {
    files::check_ending(&args.output, &["mid", "midi"])?;
    files::refuse_overwriting(&args.output, [&args.input])?;
    let orphans = if args.open_orphans { Orphans::Open } else { Orphans::Drop };
    let roll = source::read_bytes(&args.input)
        .and_then(|bytes| image::read(&bytes, orphans))
        .map_err(|reason| Error::file(&args.input, reason))?;
    files::replace(&args.output, |file| file.write_all(&midi::write(&roll)))?;
    print(format_args!(
        "{}: {} in {}",
        args.output.display(),
        count(roll.notes().len(), "note"),
        count(roll.steps() as usize, "step")
    ))?;
    Ok(())
}
