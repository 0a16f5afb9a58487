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

/// At most `limit` of some items, evenly spaced.
pub fn evenly<T: Clone>(items: &[T], limit: usize) -> Vec<T> {
    let count = items.len().min(limit);
    (0..count).map(|i| items[i * items.len() / count].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_choice_spans_all_items() {
        assert_eq!(evenly(&(0..10).collect::<Vec<_>>(), 4), [0, 2, 5, 7]);
        assert_eq!(evenly(&[1, 2], 4), [1, 2]);
    }
}
