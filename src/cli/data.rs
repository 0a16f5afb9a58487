//! `flocoder data`: statistics of music files, and composed songs to train on.

use super::global::Global;
use super::reading::with_bar;
use crate::config::DataConfig;
use crate::data::corpus;
use crate::data::dataset::source;
use crate::data::dataset::stats::Stats;
use crate::data::music::midi::Selection;
use crate::error::Result;
use crate::terminal::print;
use crate::text::count;
use crate::train::run::Progress;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:\n  flocoder data stats songs\n  flocoder data compose songs";
const STATS_EXAMPLES: &str = "Examples:\n  flocoder data stats songs\n  flocoder data stats POP909.zip --track MELODY";
const COMPOSE_EXAMPLES: &str = "Examples:\n  flocoder data compose songs --songs 40 --seed 1";

/// Arguments of `data`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Count songs, windows, notes, time signatures, keys, tracks, tempi and pitches, and name the songs that begin with an upbeat,
    /// that are too short, and the files that cannot be used
    Stats(StatsArgs),
    /// Compose original songs as .mid files to train on
    Compose(ComposeArgs),
}

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = STATS_EXAMPLES)]
struct StatsArgs {
    /// A folder, a .mid or .png file, or a .zip
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Read only the track of this name; may be given more than once [default: all tracks, merged]
    #[arg(long = "track", value_name = "NAME")]
    tracks: Vec<String>,
    /// Read the drum channel too
    #[arg(long)]
    drums: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = COMPOSE_EXAMPLES)]
struct ComposeArgs {
    /// Folder for the songs; a file with other contents is never overwritten
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many songs
    #[arg(long, value_name = "N", default_value_t = 120)]
    songs: u64,
    /// Seed: song i of a seed is always the same
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Runs `data stats` or `data compose`.
///
/// # Errors
/// A path that cannot be read or has no usable song; a folder that cannot be written or has other songs.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    match &args.what {
        What::Stats(args) => stats(args, global),
        What::Compose(args) => compose(args, global),
    }
}

fn compose(args: &ComposeArgs, global: &Global) -> Result<()> {
    write_corpus(&args.folder, args.songs, args.seed, global)?;
    print(format_args!("{} of seed {} in {}", count(args.songs as usize, "song"), args.seed, args.folder.display()))?;
    Ok(())
}

/// Composes songs into a folder, with a progress bar.
pub(super) fn write_corpus(folder: &Path, songs: u64, seed: u64, global: &Global) -> Result<()> {
    let mut bar = Progress::new("composing", 0, songs, global.verbosity());
    let written = corpus::write(folder, songs, seed, |done| bar.update(done));
    bar.finish();
    written
}

fn stats(args: &StatsArgs, global: &Global) -> Result<()> {
    let selection = Selection { tracks: args.tracks.clone(), drums: args.drums };
    let scan = with_bar(global, |progress| source::scan(&args.path, &selection, progress))?;
    print(Stats::of(&scan, &DataConfig::default()))?;
    Ok(())
}
