//! The class of a window: the folder of its song, or the key of its notes.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::config::{Classes, FlowConfig};
use crate::data::dataset::{Dataset, Window};
use crate::data::music::key;
use crate::error::{Error, Result};
use crate::text::count;

/// The class of each window; `None` if `flow.n_classes` is 0.
///
/// # Errors
/// If folders are classes: songs in another number of folders than `flow.n_classes`.
pub fn labels(data: &Dataset, windows: &[Window], flow: &FlowConfig) -> Result<Option<Vec<usize>>> {
    match (flow.n_classes, flow.classes) {
        (0, _) => Ok(None),
        (count, Classes::Folder) => folders(data, windows, count).map(Some),
        (_, Classes::Key) => Ok(Some(windows.par_iter().map(|window| key_of(data, window)).collect())),
    }
}

/// The number of each window's song's first folder among all first folders, in alphabetical order.
fn folders(data: &Dataset, windows: &[Window], n_classes: usize) -> Result<Vec<usize>> {
    let folders: BTreeSet<&str> = data.songs().iter().map(|song| folder(&song.name)).collect();
    if folders.len() != n_classes {
        return Err(Error::config(format!(
            "flow.n_classes is {n_classes}, but the songs are in {}, which are their classes; \
             set it to {}, or to 0 for no classes",
            count(folders.len(), "folder"),
            folders.len()
        )));
    }
    let number = |name: &str| folders.iter().position(|&other| other == folder(name)).unwrap_or(0);
    Ok(windows.iter().map(|window| number(&data.songs()[window.song].name)).collect())
}

fn folder(name: &str) -> &str {
    name.split_once('/').map_or("", |(folder, _)| folder)
}

fn key_of(data: &Dataset, window: &Window) -> usize {
    key::of(&key::pitch_classes(data.roll(window).notes()))
}
