//! The bars of a song where windows may begin.

use super::song::Song;
use crate::config::DataConfig;

/// First steps of the bars where a window may begin: the window is within the song and has enough notes. A song shorter than
/// a window, but at least half as long, has one window at its first bar, padded with silence.
pub fn starts(song: &Song, config: &DataConfig) -> Vec<u32> {
    let (steps, length) = (config.steps as u32, song.roll.steps());
    let fits = |&start: &u32| start + steps <= length || (start == 0 && length < steps && length >= steps.div_ceil(2));
    let enough = |&start: &u32| song.roll.onsets_in(start, start + steps) >= config.min_notes.max(1);
    song.bars.iter().copied().filter(fits).filter(enough).collect()
}

/// The subset of [`starts`] whose windows do not overlap, chosen greedily from the first: in 4/4 every 8 bars.
pub fn separate_starts(song: &Song, config: &DataConfig) -> Vec<u32> {
    let mut next = 0;
    let mut separate = starts(song, config);
    separate.retain(|&start| {
        let keep = start >= next;
        if keep {
            next = start + config.steps as u32;
        }
        keep
    });
    separate
}
