//! `flocoder continue`: adds bars after the last one of a song.

use std::path::PathBuf;

use super::follow::FollowArgs;
use super::global::Global;
use super::number::at_least_one;
use super::steering::{SteeringArgs, Task};
use crate::error::{Error, Result};
use crate::song::{Area, BarList, SongFile};

const EXAMPLES: &str = "Examples:
  flocoder continue song.mid
  flocoder continue song.mid --bars 32 --chords C,G,Am,F --wav";
/// Most bars that are added.
const MOST: usize = 1024;

/// Arguments of `continue`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .mid file, or a picture of a piano roll
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Number of bars to add after that of the last note
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = bars)]
    pub bars: usize,
    /// How closely the song repeats itself.
    #[command(flatten)]
    pub follow: FollowArgs,
    /// How to write.
    #[command(flatten)]
    pub steering: SteeringArgs,
}

/// Adds the bars.
///
/// # Errors
/// A file that cannot be read or kept event by event, and what [`SteeringArgs::run`] refuses.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let song = SongFile::open(&args.input)?.extended(args.bars);
    let bars = BarList::from(song.sounding_bars(), args.bars);
    let area = Area::new(&song, bars, 0..=127).map_err(|reason| Error::file(&args.input, reason))?;
    args.steering.run(&Task { follow: args.follow.follow, ..Task::new("continue", &args.input, song, area) }, global)
}

fn bars(text: &str) -> std::result::Result<usize, String> {
    let bars = at_least_one(text)?;
    if bars <= MOST { Ok(bars) } else { Err(format!("at most {MOST} bars are added at once")) }
}
