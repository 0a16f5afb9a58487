//! Reading songs with a progress bar.

use std::sync::{Mutex, PoisonError};

use super::global::Global;
use crate::config::DataConfig;
use crate::data::dataset::Dataset;
use crate::data::dataset::source::Progress as Callback;
use crate::error::Result;
use crate::terminal::note;
use crate::train::run::{Progress, Verbosity};

/// Files that could not be used, named at the most unless more is wanted.
const NAMED: usize = 5;

/// Calls `read` with a callback that draws a progress bar from however many threads.
pub fn with_bar<T>(global: &Global, read: impl FnOnce(Callback<'_>) -> T) -> T {
    let bar = Mutex::new(None);
    let result = read(&|done, all| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| Progress::new("reading", 0, all as u64, global.verbosity()));
        bar.update::<&str>(done as u64, &[]);
    });
    if let Some(bar) = bar.into_inner().unwrap_or_else(PoisonError::into_inner) {
        bar.finish();
    }
    result
}

/// Opens a data set, and says what is in it and what was skipped.
///
/// # Errors
/// As [`Dataset::open`].
pub fn open_dataset(config: &DataConfig, global: &Global) -> Result<Dataset> {
    let data = with_bar(global, |progress| Dataset::open(config, progress))?;
    if global.verbosity() > Verbosity::Quiet {
        let summary = data.summary();
        note(&summary);
        let named = if global.verbosity() == Verbosity::Verbose { summary.skipped.len() } else { NAMED };
        for skipped in summary.skipped.iter().take(named) {
            note(format_args!("  skipped {}: {}", skipped.name, skipped.reason));
        }
        if summary.skipped.len() > named {
            note(format_args!("  and {} more (-v names them all)", summary.skipped.len() - named));
        }
    }
    Ok(data)
}
