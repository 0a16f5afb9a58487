//! `flocoder fill`: writes a part of a song anew.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::follow::FollowArgs;
use super::global::Global;
use super::steering::{SteeringArgs, Task};
use crate::data::dataset::source;
use crate::data::music::partial::CellSet;
use crate::data::music::pitch;
use crate::data::picture::mask;
use crate::error::{Error, Result};
use crate::song::{Area, BarList, SongFile};

const EXAMPLES: &str = "Examples:
  flocoder fill song.mid --bars 3-4
  flocoder fill song.mid --bars 5-8 --pitches C4-C6 --track MELODY -n 8
  flocoder fill song.mid --bars 3-4 --chords Am,F --density 1.3 --wav";

/// Arguments of `fill`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file, or a picture of a piano roll
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Bars to write, counted from 1: 3-4, or 1,5-8 [default: all]
    #[arg(long, value_name = "BARS")]
    pub bars: Option<BarList>,
    /// Pitches to write, from C-1 to G9 or 0 to 127, as in C4-C6; C4 is middle C [default: all]
    #[arg(long, value_name = "LOW-HIGH", value_parser = pitch::parse_range)]
    pub pitches: Option<RangeInclusive<u8>>,
    /// A picture of 128 rows and a column per sixteenth, as to-image draws the song, whose lit pixels are written [default: all]
    #[arg(long, value_name = "M.png")]
    pub mask: Option<PathBuf>,
    /// Take notes out of the track of this name or number only; may be given more than once [default: all but drums]
    #[arg(long = "track", alias = "tracks", value_name = "NAME")]
    pub tracks: Vec<String>,
    /// How closely the song repeats itself.
    #[command(flatten)]
    pub follow: FollowArgs,
    /// How to write.
    #[command(flatten)]
    pub steering: SteeringArgs,
}

/// Fills the part.
///
/// # Errors
/// A file that cannot be read or kept event by event, a part that the song does not have, and what
/// [`SteeringArgs::run`] refuses.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    if args.bars.is_none() && args.pitches.is_none() && args.mask.is_none() {
        return Err(Error::config("say what to write: --bars 3-4, --pitches C4-C6 or --mask M.png"));
    }
    let song = SongFile::open(&args.input)?;
    let area = part(&song, args).map_err(|reason| Error::file(&args.input, reason))?;
    let area = match &args.mask {
        Some(mask) => area.masked(&read_mask(mask, &song)?),
        None => area,
    };
    if area.cells.is_empty() {
        return Err(Error::config(
            "there is nothing to write: no lit pixel of the mask is among the bars and pitches asked for",
        ));
    }
    args.steering.run(&Task { follow: args.follow.follow, ..Task::new("fill", &args.input, song, area) }, global)
}

fn part(song: &SongFile, args: &Args) -> std::result::Result<Area, String> {
    let bars = args.bars.clone().unwrap_or_else(|| BarList::all(song.columns().bars()));
    let area = Area::new(song, bars, args.pitches.clone().unwrap_or(0..=127))?;
    Ok(area.of_tracks(song.tracks(&args.tracks)?))
}

/// A mask with no lit cell after the end of the song.
fn read_mask(path: &Path, song: &SongFile) -> Result<CellSet> {
    let mask = source::read_bytes(path).and_then(|bytes| mask::read(&bytes));
    let mask = mask.map_err(|reason| Error::file(path, reason))?;
    let steps = song.columns().steps();
    if mask.window(0, steps).len() < mask.len() {
        return Err(Error::file(
            path,
            format!("has lit pixels after column {steps}, where the song ends; draw it on the picture of to-image"),
        ));
    }
    if mask.is_empty() {
        return Err(Error::file(path, "has no lit pixel, so that there is nothing to write"));
    }
    Ok(mask)
}
