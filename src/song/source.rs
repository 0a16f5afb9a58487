//! A song in columns, as far as writing it anew needs it.

use super::passage::Known;
use super::rewrite::{Rewrite, has};
use super::window_request::WINDOW_STEPS;
use super::windows::Window;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll};

/// The song in columns.
pub struct Source<'a> {
    rewrite: &'a Rewrite<'a>,
    /// Where its bars are.
    pub columns: &'a Columns,
    /// The music before anything is written.
    pub original: Roll,
    /// What stays of it.
    pub given: Roll,
    /// What stays in the tracks that are written.
    voice: Roll,
    /// The cells that are free for new notes.
    pub cells: CellSet,
    /// Those after the end of the song: nothing is known of them.
    unknown: CellSet,
    /// Beside a melody alone, those of columns that are not written: nothing is known of them either.
    aside: CellSet,
}

impl<'a> Source<'a> {
    /// Of what is to be written.
    pub fn of(rewrite: &'a Rewrite<'a>) -> Self {
        let Rewrite { song, area, .. } = rewrite;
        let columns = song.columns();
        let original = columns.arrange(&song.roll(|_| true));
        let steps = original.steps();
        let cells = columns.cells(&area.cells);
        let whole = |column: u32| (0..=127, column * COLUMN..(column + 1) * COLUMN);
        let is_alone = rewrite.is_beside_melody_alone();
        let is_aside = |column: &u32| is_alone && !has(&cells, *column as usize);
        Self {
            rewrite,
            columns,
            given: columns.arrange(&song.roll(|note| !area.takes(note))),
            voice: columns.arrange(&song.roll(|note| area.tracks[note.event.track] && !area.takes(note))),
            unknown: CellSet::rectangle(steps, 0..=127, rewrite.known() as u32 * COLUMN..steps),
            aside: CellSet::rectangles(steps, (0..columns.len() as u32).filter(is_aside).map(whole)),
            cells,
            original,
        }
    }

    /// The cells that are free in a window: of those that it writes and those after them, and those of which nothing is known.
    pub fn open(&self, window: &Window) -> CellSet {
        let steps = self.original.steps();
        let unwritten = CellSet::rectangle(steps, 0..=127, window.written.start as u32 * COLUMN..steps);
        &(&(&self.cells | &self.unknown) & &unwritten) | &self.aside
    }

    /// What a variant with new notes before a window has in it.
    pub fn partial(&self, new: &[Note], window: &Window, open: &CellSet) -> PartialRoll {
        let from = window.start as u32 * COLUMN;
        let after = self.original.steps().saturating_sub(from);
        let beyond = CellSet::rectangle(WINDOW_STEPS, 0..=127, after..WINDOW_STEPS);
        let partial = PartialRoll::new(with(&self.given, new), open).window(from, WINDOW_STEPS);
        PartialRoll::new(partial.given().clone(), &(partial.free() | &beyond))
    }

    /// The passage that the part of a window most likely repeats, in a variant with new notes before it.
    pub fn passage(&self, new: &[Note], (partial, open): (&PartialRoll, &CellSet), window: &Window) -> Option<Roll> {
        let Window { start, written } = window;
        let part: Vec<usize> = written.clone().filter(|&column| has(&self.cells, column)).collect();
        let [first, last] = [part.first(), part.last()].map(|column| column.map_or(0, |column| column - start));
        let (given, voice) = (with(&self.given, new), with(&self.voice, new));
        let known = Known::new(&given, &voice, self.rewrite.harmony.as_ref(), |column| !has(open, column));
        known.passage(partial, *start, first..last + 1)
    }

    /// The texture of a part that is written in several windows: that of a window before it, if it is more than a melody.
    pub fn texture(&self, windows: &[Window]) -> Option<Roll> {
        let first = windows.first().filter(|_| windows.len() > 1 && self.aside.is_empty())?;
        let end = first.written.start as u32 * COLUMN;
        let before = self.given.window(end.saturating_sub(WINDOW_STEPS), WINDOW_STEPS.min(end));
        (!before.notes().is_empty()).then_some(before)
    }
}

/// A roll with more notes.
fn with(roll: &Roll, notes: &[Note]) -> Roll {
    roll.with_notes(roll.steps(), roll.notes().iter().chain(notes).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::song::{Area, SongFile};

    fn song(bars: u32, chord: bool) -> SongFile {
        let note = |bar: u32, pitch| Note { start: 16 * bar, duration: 8, pitch, velocity: 80 };
        let pitches: &[u8] = if chord { &[48, 55, 72] } else { &[72] };
        let notes = (0..bars).flat_map(|bar| pitches.iter().map(move |&pitch| note(bar, pitch))).collect();
        SongFile::of_roll(&Roll::new(16 * bars, notes)).unwrap()
    }

    /// The first column of the first window, and which of its columns are free.
    fn free_columns(song: &SongFile, area: &Area) -> (usize, Vec<usize>) {
        let rewrite = Rewrite { song, area, harmony: None, key: None, variants: 1 };
        let (source, windows) = (Source::of(&rewrite), rewrite.windows());
        let partial = source.partial(&[], &windows[0], &source.open(&windows[0]));
        let is_free = |column: &usize| partial.free().window(*column as u32 * COLUMN, COLUMN).has(0, 0);
        (windows[0].start, (0..8).filter(is_free).collect())
    }

    #[test]
    fn beside_a_melody_alone_no_column_is_known() {
        let melody = song(30, false);
        let bars = "11-18".parse().unwrap();
        let beside = Area::beside(&melody, &melody.melody(), Some(&bars), 0..=127).unwrap();
        assert_eq!(free_columns(&melody, &beside), (10, (0..8).collect()));
        let two = Area::beside(&melody, &melody.melody(), Some(&"11-12".parse().unwrap()), 0..=127).unwrap();
        assert_eq!(free_columns(&melody, &two), (10, (0..8).collect()));
        let its_own = Area::new(&melody, bars.clone(), 0..=127).unwrap();
        assert_eq!(free_columns(&melody, &its_own), (6, (4..8).collect()));
        let music = song(30, true);
        let beside = Area::beside(&music, &music.melody(), Some(&bars), 0..=127).unwrap();
        assert_eq!(free_columns(&music, &beside), (6, (4..8).collect()));
    }
}
