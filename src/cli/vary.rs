//! `flocoder vary`: the same music, different.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::global::Global;
use super::number::share;
use super::steering::{SteeringArgs, Task};
use crate::data::music::pitch;
use crate::error::{Error, Result};
use crate::song::{Area, BarList, SongFile};

const EXAMPLES: &str = "Examples:
  flocoder vary song.mid
  flocoder vary song.mid --strength 0.7 --bars 5-8 --track PIANO -n 8";

/// Arguments of `vary`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file, or a picture of a piano roll
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// How different: the share of noise, from 0 (nearly the same) to 1 (new music)
    #[arg(long, value_name = "SHARE", default_value_t = 0.4, value_parser = share)]
    pub strength: f64,
    /// Bars to vary, counted from 1: 3-4, or 1,5-8 [default: all]
    #[arg(long, value_name = "BARS")]
    pub bars: Option<BarList>,
    /// Pitches to vary, from C-1 to G9 or 0 to 127, as in C4-C6; C4 is middle C [default: all]
    #[arg(long, value_name = "LOW-HIGH", value_parser = pitch::parse_range)]
    pub pitches: Option<RangeInclusive<u8>>,
    /// Vary the track of this name or number only; may be given more than once [default: all but drums]
    #[arg(long = "track", alias = "tracks", value_name = "NAME")]
    pub tracks: Vec<String>,
    /// How to write.
    #[command(flatten)]
    pub steering: SteeringArgs,
}

/// Varies the song.
///
/// # Errors
/// A file that cannot be read or kept event by event, a part that the song does not have, and what [`SteeringArgs::run`]
/// refuses.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let song = SongFile::open(&args.input)?;
    let part = || {
        let bars = args.bars.clone().unwrap_or_else(|| BarList::all(song.sounding_bars()));
        let area = Area::new(&song, bars, args.pitches.clone().unwrap_or(0..=127))?;
        Ok::<_, String>(area.of_tracks(song.tracks(&args.tracks)?))
    };
    let area = part().map_err(|reason| Error::file(&args.input, reason))?;
    args.steering
        .run(&Task { strength: Some(args.strength as f32), ..Task::new("vary", &args.input, song, area) }, global)
}
