//! Shared by the commands that complete a song: how closely it repeats itself.

use super::number::share;

/// Options of these commands.
#[derive(Debug, Clone, clap::Args)]
pub struct FollowArgs {
    /// How closely new notes follow the passage of the song that they most likely repeat, found by the notes around them: 0 for new music,
    /// 1 for the passage itself [default: the checkpoint's; 0.5 for the bundled flow]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub follow: Option<f64>,
}
