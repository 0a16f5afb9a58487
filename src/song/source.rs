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
}

impl<'a> Source<'a> {
    /// Of what is to be written.
    pub fn of(rewrite: &'a Rewrite<'a>) -> Self {
        let Rewrite { song, area, .. } = rewrite;
        let columns = song.columns();
        let original = columns.arrange(&song.roll(|_| true));
        let steps = original.steps();
        Self {
            rewrite,
            columns,
            given: columns.arrange(&song.roll(|note| !area.takes(note))),
            voice: columns.arrange(&song.roll(|note| area.tracks[note.event.track] && !area.takes(note))),
            cells: columns.cells(&area.cells),
            unknown: CellSet::rectangle(steps, 0..=127, rewrite.known() as u32 * COLUMN..steps),
            original,
        }
    }

    /// The cells that are free in a window: of those that it writes and those after them.
    pub fn open(&self, window: &Window) -> CellSet {
        let steps = self.original.steps();
        let unwritten = CellSet::rectangle(steps, 0..=127, window.written.start as u32 * COLUMN..steps);
        &(&self.cells | &self.unknown) & &unwritten
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

    /// The texture of a part that is written in several windows: that of a window before it.
    pub fn texture(&self, windows: &[Window]) -> Option<Roll> {
        let first = windows.first().filter(|_| windows.len() > 1)?;
        let end = first.written.start as u32 * COLUMN;
        let before = self.given.window(end.saturating_sub(WINDOW_STEPS), WINDOW_STEPS.min(end));
        (!before.notes().is_empty()).then_some(before)
    }
}

/// A roll with more notes.
fn with(roll: &Roll, notes: &[Note]) -> Roll {
    roll.with_notes(roll.steps(), roll.notes().iter().chain(notes).copied().collect())
}
