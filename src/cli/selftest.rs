//! `flocoder selftest`: every kernel on the user's own adapter against the reference.

/// Arguments of `selftest`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only kernels whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
}
