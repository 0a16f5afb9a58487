//! Windows of 8 columns for a part of any length.

use std::ops::Range;

/// Columns of a window.
pub const WINDOW: usize = 8;
/// Columns before a window's own that a long part is continued from.
const BEFORE: usize = WINDOW / 2;
/// The longest part that is written at once between known columns: one of these remains on both sides.
const AT_ONCE: usize = WINDOW - 2;

/// A window, and which of its columns are written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its first column.
    pub start: usize,
    /// Columns that are written, if they are free at all.
    pub written: Range<usize>,
}

/// The windows in which free columns are written, from left to right. Each sees what was written before it.
///
/// A part of at most 6 columns is in the middle of its window, with as many known columns on both sides as there are. A longer one
/// is written 4 columns at a time, each after the 4 before it. `known` is the number of columns up to the end of the song: there
/// is no context after it. Without `has_context` a part's first window begins with the part.
pub fn plan(free: &[bool], known: usize, has_context: bool) -> Vec<Window> {
    let next = |from: usize, is: bool| (from..free.len()).find(|&column| free[column] == is);
    let mut windows = Vec::new();
    let mut done = 0;
    while let Some(first) = next(done, true) {
        let end = next(first, false).unwrap_or(free.len());
        let (length, after) = (end - first, known.saturating_sub(end));
        let fits = length <= AT_ONCE || (after == 0 && length + first.min(BEFORE) <= WINDOW);
        let is_continued = done > 0 && done == first;
        let before = if !has_context && !is_continued {
            0
        } else if fits {
            let spare = WINDOW - length;
            first.min(spare - after.min(spare / 2))
        } else {
            first.min(BEFORE)
        };
        let start = first - before;
        done = (start + WINDOW).min(free.len());
        windows.push(Window { start, written: first..done });
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    /// The windows for free columns of a song of 32.
    fn of(free: Range<usize>, known: usize) -> Vec<(usize, Range<usize>)> {
        let free: Vec<bool> = (0..free.end.max(known)).map(|column| free.contains(&column)).collect();
        plan(&free, known, true).into_iter().map(|window| (window.start, window.written)).collect()
    }

    #[test]
    fn a_short_part_has_context_on_both_sides() {
        assert_eq!(of(10..12, 32), [(7, 10..15)]);
        assert_eq!(of(1..3, 32), [(0, 1..8)]);
        assert_eq!(of(30..32, 32), [(24, 30..32)]);
        assert_eq!(of(12..18, 32), [(11, 12..19)]);
        assert_eq!(of(0..2, 3), [(0, 0..3)]);
    }

    #[test]
    fn a_long_part_is_written_four_columns_at_a_time() {
        assert_eq!(of(32..48, 32), [(28, 32..36), (32, 36..40), (36, 40..44), (40, 44..48)]);
        assert_eq!(of(4..14, 32), [(0, 4..8), (7, 8..15)]);
        assert_eq!(of(0..8, 0), [(0, 0..8)]);
        assert_eq!(of(0..8, 8), [(0, 0..8)]);
        assert_eq!(of(0..16, 16), [(0, 0..8), (4, 8..12), (8, 12..16)]);
    }

    #[test]
    fn without_context_a_part_begins_its_window() {
        let free: Vec<bool> = (0..40).map(|column| (16..24).contains(&column) || (30..36).contains(&column)).collect();
        let windows = plan(&free, 40, false).into_iter().map(|window| (window.start, window.written));
        assert_eq!(windows.collect::<Vec<_>>(), [(16, 16..24), (30, 30..38)]);
        let long: Vec<bool> = (0..32).map(|column| column >= 16).collect();
        let windows = plan(&long, 32, false).into_iter().map(|window| (window.start, window.written));
        assert_eq!(windows.collect::<Vec<_>>(), [(16, 16..24), (20, 24..28), (24, 28..32)]);
    }

    #[test]
    fn every_free_column_is_written_once() {
        let mut random = Philox::new(1, 0);
        for _ in 0..500 {
            let columns = random.between(1, 40) as usize;
            let share = random.uniform();
            let free: Vec<bool> = (0..columns).map(|_| random.chance(share)).collect();
            let mut times = vec![0; columns];
            let mut written_up_to = 0;
            for Window { start, written } in plan(&free, random.below(columns + 1), random.chance(0.5)) {
                assert!(start <= written.start && written.end <= start + WINDOW && written.start >= written_up_to);
                written_up_to = written.end;
                written.for_each(|column| times[column] += 1);
            }
            assert!((0..columns).all(|column| times[column] <= 1 && (!free[column] || times[column] == 1)));
        }
    }
}
