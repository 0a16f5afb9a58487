//! Songs that are the same music.

use super::song::Song;
use std::collections::HashMap;

/// For each song, the index of the first song of the same [content](Song::content): its own, unless it is a copy.
pub(super) fn originals(songs: &[Song]) -> Vec<usize> {
    let mut first = HashMap::with_capacity(songs.len());
    songs.iter().enumerate().map(|(i, song)| *first.entry(song.content()).or_insert(i)).collect()
}
