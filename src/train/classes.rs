//! Classes of songs: the folders that they lie in.

use std::collections::BTreeSet;

use crate::data::dataset::{Dataset, Window};
use crate::error::{Error, Result};

/// The class of each window: the number of its song's first folder among all first folders, in alphabetical order. `None`
/// where `n_classes` is 0.
///
/// # Errors
/// Songs in another number of folders than `n_classes`.
pub fn labels(data: &Dataset, windows: &[Window], n_classes: usize) -> Result<Option<Vec<usize>>> {
    if n_classes == 0 {
        return Ok(None);
    }
    let folders: BTreeSet<&str> = data.songs().iter().map(|song| folder(&song.name)).collect();
    if folders.len() != n_classes {
        return Err(Error::config(format!(
            "flow.n_classes is {n_classes}, but the songs lie in {} folders, which are their classes; set it to that, or to 0",
            folders.len()
        )));
    }
    let number = |name: &str| folders.iter().position(|&other| other == folder(name)).unwrap_or(0);
    Ok(Some(windows.iter().map(|window| number(&data.songs()[window.song].name)).collect()))
}

fn folder(name: &str) -> &str {
    name.split_once('/').map_or("", |(folder, _)| folder)
}
