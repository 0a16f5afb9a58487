//! `flocoder bench`: how fast every kernel, or whole steps, are on the user's own adapter.

/// Arguments of `bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Print one JSON object per line in place of the table
    #[arg(long)]
    pub json: bool,
    /// Time whole training steps and sampling in place of single kernels
    #[arg(long)]
    pub steps: bool,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// A few repetitions only: shows that everything runs, measures little
    #[arg(long)]
    pub quick: bool,
}
