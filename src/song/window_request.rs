//! A window of a song, as a generator is asked to write it.

use std::ops::Range;

use super::windows::WINDOW;
use crate::data::music::chord::Chord;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};
use crate::data::music::song_context::SongContext;

/// Steps of a window.
pub const WINDOW_STEPS: u32 = WINDOW as u32 * COLUMN;

/// A window that a generator is to write, for all variants.
#[derive(Debug, Clone)]
pub struct WindowRequest<'a> {
    /// Its number, from 0 on.
    pub number: usize,
    /// Given notes and free cells of each variant, in 8 columns of 16 steps, as they sound.
    pub partials: Vec<PartialRoll>,
    /// The music of the window before anything is written.
    pub original: Roll,
    /// The music of a window of the song before the written bars, whose texture they should have, if they are written in several windows.
    pub texture: Option<Roll>,
    /// The window with the passage of the song that its part most likely repeats, for each variant, if there is one.
    pub passages: Vec<Option<Roll>>,
    /// Its song, whose melody are the given notes.
    pub context: SongContext,
    /// The chord of each beat, as it sounds, if they are known.
    pub chords: Option<Vec<Chord>>,
    /// The key, as that of the major scale.
    pub key: usize,
    pub(super) place: Place<'a>,
    /// The notes of each variant in earlier windows, in columns.
    pub(super) written: &'a [Vec<Note>],
}

impl WindowRequest<'_> {
    /// The new notes of each variant up to this window, of which a generator has written `rolls`, in steps of the song.
    pub fn in_song(&self, rolls: &[Roll]) -> Vec<Roll> {
        let all = self.written.iter().zip(self.new_notes(rolls));
        all.map(|(written, new)| restored(self.place.columns, written.iter().copied().chain(new).collect())).collect()
    }

    /// The notes of each variant that were written before, as far as they are in this window.
    pub fn earlier(&self) -> Vec<Roll> {
        let in_window = |notes: &Vec<Note>| {
            let steps = self.place.free.steps();
            Roll::new(steps, notes.clone()).window(self.place.start, WINDOW_STEPS)
        };
        self.written.iter().map(in_window).collect()
    }

    /// The new notes of each variant in this window, in columns.
    pub(super) fn new_notes(&self, rolls: &[Roll]) -> Vec<Vec<Note>> {
        self.partials.iter().zip(rolls).map(|(partial, roll)| self.place.new_notes(partial, roll)).collect()
    }
}

/// Where the notes of a window belong, in columns.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub columns: &'a Columns,
    /// The cells of the area.
    pub free: &'a PartialRoll,
    /// First step of the window.
    pub start: u32,
    /// The steps that are written in it.
    pub own: Range<u32>,
}

impl Place<'_> {
    fn new_notes(&self, partial: &PartialRoll, roll: &Roll) -> Vec<Note> {
        let moved = |note: Note| Note { start: note.start + self.start, ..note };
        let is_own = |note: &Note| self.own.contains(&note.start);
        let notes = partial.new_notes(roll).into_iter().map(moved).filter(is_own).collect();
        self.free.new_notes(&Roll::new(self.free.steps(), notes))
    }
}

/// Notes in columns as music in steps of the song.
pub(super) fn restored(columns: &Columns, notes: Vec<Note>) -> Roll {
    columns.restore(&Roll::new(columns.column_steps(), notes))
}
