//! `flocoder melody-for`: a melody to an accompaniment.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::follow::FollowArgs;
use super::global::Global;
use super::steering::{SteeringArgs, Task};
use crate::data::music::pitch;
use crate::error::{Error, Result};
use crate::song::{Area, BarList, SongFile};

const EXAMPLES: &str = "Examples:
  flocoder melody-for chords.mid
  flocoder melody-for song.mid --track PIANO --pitches A4-E6 --wav";

/// Arguments of `melody-for`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file with the accompaniment, or a picture of its piano roll
    #[arg(value_name = "CHORDS")]
    pub input: PathBuf,
    /// A track of the accompaniment, by name or number; may be given more than once. The notes of all others but drums are taken out
    /// [default: all tracks]
    #[arg(long = "track", alias = "tracks", value_name = "NAME")]
    pub tracks: Vec<String>,
    /// Pitches of the melody, from C-1 to G9 or 0 to 127; C4 is middle C
    #[arg(long, value_name = "LOW-HIGH", default_value = "C4-C6", value_parser = pitch::parse_range)]
    pub pitches: RangeInclusive<u8>,
    /// Bars to write, counted from 1: 3-4, or 1,5-8 [default: all]
    #[arg(long, value_name = "BARS")]
    pub bars: Option<BarList>,
    /// How closely the song repeats itself.
    #[command(flatten)]
    pub follow: FollowArgs,
    /// How to write.
    #[command(flatten)]
    pub steering: SteeringArgs,
}

/// Writes the melody.
///
/// # Errors
/// A file that cannot be read or kept event by event, a track or bars that it does not have, and what [`SteeringArgs::run`]
/// refuses.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let song = SongFile::open(&args.input)?;
    let part = || Area::beside(&song, &song.tracks(&args.tracks)?, args.bars.as_ref(), args.pitches.clone());
    let area = part().map_err(|reason| Error::file(&args.input, reason))?;
    let task = Task { is_melody: true, follow: args.follow.follow, ..Task::new("melody", &args.input, song, area) };
    args.steering.run(&task, global)
}
