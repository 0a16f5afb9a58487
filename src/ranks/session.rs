//! A task from its first to its last exchange.

use super::Ranks;
use crate::error::Result;

/// Runs `work` with the ranks that the program was started as. What ends one of them ends all.
///
/// # Errors
/// Those of `work`.
pub fn together(work: impl FnOnce(&Ranks) -> Result<()>) -> Result<()> {
    #[cfg(feature = "mpi")]
    if super::mpi::is_launched() {
        return super::mpi::together(work);
    }
    work(&Ranks::alone())
}
