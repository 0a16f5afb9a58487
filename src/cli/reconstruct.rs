//! `flocoder reconstruct`: music through the codec and back, and how much of it survived.

use std::path::PathBuf;

/// Arguments of `reconstruct`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A .mid file, or a .png of a piano roll
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Checkpoint of a codec
    #[arg(long, value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// Folder for the pictures and .mid files of what went in and what came out
    #[arg(long, short, value_name = "DIR", default_value = "reconstructed")]
    pub output: PathBuf,
}
