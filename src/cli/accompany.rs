//! `flocoder accompany`: the accompaniment to a melody.

use std::path::PathBuf;

use super::follow::FollowArgs;
use super::global::Global;
use super::steering::{SteeringArgs, Task};
use crate::error::{Error, Result};
use crate::song::{Area, BarList, SongFile};

const EXAMPLES: &str = "Examples:
  flocoder accompany melody.mid
  flocoder accompany song.mid --track MELODY --chords C,G,Am,F --wav";

/// Arguments of `accompany`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file with the melody, or a picture of its piano roll
    #[arg(value_name = "MELODY")]
    pub input: PathBuf,
    /// The track with the melody, by name or number; may be given more than once. The notes of all others but drums are taken out
    /// [default: the track called melody, vocal, voice or lead, or else the highest]
    #[arg(long = "track", alias = "tracks", value_name = "NAME")]
    pub tracks: Vec<String>,
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

/// Writes the accompaniment.
///
/// # Errors
/// A file that cannot be read or kept event by event, a track or bars that it does not have, and what [`SteeringArgs::run`]
/// refuses.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let song = SongFile::open(&args.input)?;
    let part = || {
        let melody = if args.tracks.is_empty() { song.melody() } else { song.tracks(&args.tracks)? };
        Area::beside(&song, &melody, args.bars.as_ref(), 0..=127)
    };
    let area = part().map_err(|reason| Error::file(&args.input, reason))?;
    // A melody alone does not tell its chords.
    let has_chords = song.notes().iter().any(|note| area.takes(note));
    let task = Task { has_chords, follow: args.follow.follow, ..Task::new("accompany", &args.input, song, area) };
    args.steering.run(&task, global)
}
