//! `flocoder demo`: corpus, codec, flow and samples in one go, with nothing but the program.

use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Folder for all that is made
    #[arg(long, short, value_name = "DIR", default_value = "demo")]
    pub output: PathBuf,
    /// Songs to compose
    #[arg(long, value_name = "N", default_value_t = 120)]
    pub songs: usize,
    /// Seed of the songs, the trainings and the samples
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Samples to make
    #[arg(short, long, value_name = "N", default_value_t = 16)]
    pub n: usize,
    /// Codec settings to change, such as train.steps=100
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub codec: Vec<String>,
    /// Flow settings to change, such as train.steps=100
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub flow: Vec<String>,
}
