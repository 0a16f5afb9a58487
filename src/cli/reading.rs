//! Reading songs with a progress bar.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::global::Global;
use crate::checkpoint::Checkpoint;
use crate::config::DataConfig;
use crate::data::dataset::source::Progress as Callback;
use crate::data::dataset::{Dataset, Summary};
use crate::error::{Error, Result};
use crate::terminal::note;
use crate::text::count;
use crate::train::run::{Progress, Verbosity};

/// Most skipped files that are named without `-v`.
const NAMED: usize = 5;
/// With fewer songs to validate with, scores say little.
const FEW: usize = 8;

/// Calls `read` with a callback that draws a progress bar, from any number of threads.
pub fn with_bar<T>(global: &Global, read: impl FnOnce(Callback<'_>) -> T) -> T {
    let bar = Mutex::new(None);
    let result = read(&|done, all| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| Progress::new("reading", 0, all as u64, global.verbosity()));
        bar.update(done as u64);
    });
    if let Some(bar) = bar.into_inner().unwrap_or_else(PoisonError::into_inner) {
        bar.finish();
    }
    result
}

/// Opens the data set of a training run, split as in the checkpoint of a resumed run. Prints its summary, the skipped files, and
/// a warning if there are too few songs for validation.
///
/// # Errors
/// As [`Dataset::open`].
pub fn open_dataset(config: &DataConfig, resumed: Option<&Checkpoint>, global: &Global) -> Result<Dataset> {
    let data = read_dataset(config, resumed, global)?;
    if global.verbosity() > Verbosity::Quiet {
        let summary = data.summary();
        note(&summary);
        warning(&summary).iter().for_each(|warning| note(format_args!("note: {warning}")));
    }
    Ok(data)
}

/// The error of a command that has written all that could be read of a file that is cut off, as `gzip` has it.
///
/// # Errors
/// If the file is cut off.
pub fn incomplete(path: &Path, cut_off: Option<String>) -> Result<()> {
    cut_off.map_or(Ok(()), |reason| Err(Error::file(path, format!("{reason}; only what precedes it was read"))))
}

/// Reads a data set, split as in the checkpoint of a network that was trained on it, and says what was skipped.
///
/// # Errors
/// As [`Dataset::open`].
pub fn read_dataset(config: &DataConfig, trained: Option<&Checkpoint>, global: &Global) -> Result<Dataset> {
    let data = with_bar(global, |progress| Dataset::open(config, progress))?;
    if global.verbosity() > Verbosity::Quiet {
        let Summary { skipped, notices, .. } = data.summary();
        let named = if global.verbosity() == Verbosity::Verbose { skipped.len() } else { NAMED };
        for skipped in skipped.iter().take(named) {
            note(format_args!("  skipped {}: {}", skipped.name, skipped.reason));
        }
        if skipped.len() > named {
            note(format_args!("  and {} more (-v names them all)", skipped.len() - named));
        }
        for notice in &notices {
            note(format_args!("  {notice}"));
            if global.verbosity() == Verbosity::Verbose && notice.names.len() > 1 {
                notice.names.iter().for_each(|name| note(format_args!("    {name}")));
            }
        }
    }
    Ok(match trained.and_then(Checkpoint::data_fingerprint) {
        Some(fingerprint) => data.split_as_in(fingerprint),
        None => data,
    })
}

/// A warning if there are no songs for validation, or few.
fn warning(summary: &Summary) -> Option<String> {
    match (summary.validation_songs, summary.validation_windows) {
        (0, _) if summary.training_songs == 1 => {
            Some("one song leaves nothing to validate with: there will be no scores and no best checkpoint".to_owned())
        }
        (0, _) => Some(
            "no song is held out to validate with, so there will be no scores and no best checkpoint; raise \
             data.validation or add songs"
                .to_owned(),
        ),
        (songs, 0) => Some(format!(
            "the {} held out to validate with cannot fill a window, so there will be no scores and no best checkpoint",
            count(songs, "song")
        )),
        (songs, _) if songs < FEW => Some(format!(
            "only {} to validate with: scores will depend on which; eight or more are better",
            count(songs, "song")
        )),
        _ => None,
    }
}
