//! Writing a part of a song, window after window.

use std::ops::Range;

use super::area::Area;
use super::harmony::Harmony;
use super::passage::Known;
use super::song_file::SongFile;
use super::windows::{WINDOW, Window, plan};
use crate::data::music::chord::Chord;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::key;
use crate::data::music::partial::{CellSet, PartialRoll};
use crate::data::music::roll::{Note, Roll};
use crate::data::music::to_c;
use crate::error::Result;

/// Steps of a window.
pub const WINDOW_STEPS: u32 = WINDOW as u32 * COLUMN;

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Rewrite<'a> {
    /// The song.
    pub song: &'a SongFile,
    /// The cells that are free for new notes.
    pub area: &'a Area,
    /// Its chords; without them the generator gets none.
    pub harmony: Option<Harmony>,
    /// The key, as that of the major scale; by default that of the music in each window.
    pub key: Option<usize>,
    /// Number of variants.
    pub variants: usize,
}

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
    /// The chord of each beat, as it sounds, if they are known.
    pub chords: Option<Vec<Chord>>,
    /// The key, as that of the major scale.
    pub key: usize,
    place: Place<'a>,
    /// The notes of each variant in earlier windows, in columns.
    written: &'a [Vec<Note>],
}

impl WindowRequest<'_> {
    /// The new notes of each variant up to this window, of which a generator has written `rolls`, in steps of the song.
    pub fn in_song(&self, rolls: &[Roll]) -> Vec<Roll> {
        let all = self.written.iter().zip(self.new_notes(rolls));
        all.map(|(written, new)| restored(self.place.columns, written.iter().copied().chain(new).collect())).collect()
    }

    /// The new notes of each variant in this window, in columns.
    fn new_notes(&self, rolls: &[Roll]) -> Vec<Vec<Note>> {
        self.partials.iter().zip(rolls).map(|(partial, roll)| self.place.new_notes(partial, roll)).collect()
    }
}

/// Where the notes of a window belong, in columns.
#[derive(Debug, Clone)]
struct Place<'a> {
    columns: &'a Columns,
    /// The cells of the area.
    free: &'a PartialRoll,
    /// First step of the window.
    start: u32,
    /// The steps that are written in it.
    own: Range<u32>,
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
fn restored(columns: &Columns, notes: Vec<Note>) -> Roll {
    columns.restore(&Roll::new(columns.column_steps(), notes))
}

impl Rewrite<'_> {
    /// The windows in the order in which they are written.
    pub fn windows(&self) -> Vec<Window> {
        let cells = self.song.columns().cells(&self.area.cells);
        let is_free = |column: usize| !cells.window(column as u32 * COLUMN, COLUMN).is_empty();
        let free: Vec<bool> = (0..self.song.columns().len()).map(is_free).collect();
        plan(&free, self.known())
    }

    /// Number of columns up to the end of the last note.
    fn known(&self) -> usize {
        self.song.sounding_bars().checked_sub(1).map_or(0, |last| self.song.columns().of_bar(last).end)
    }
}

/// The new notes of each variant, in steps of the song: notes of what `generate` returns for each window, one roll per variant, as
/// far as they are in free cells.
///
/// Columns after the end of the song are free for the generator, since nothing is known of them, but not kept.
///
/// # Errors
/// Those of `generate`.
pub fn rewrite(
    rewrite: &Rewrite<'_>,
    generate: &mut dyn FnMut(&WindowRequest<'_>) -> Result<Vec<Roll>>,
) -> Result<Vec<Vec<Note>>> {
    let Rewrite { song, area, harmony, variants, .. } = rewrite;
    let columns = song.columns();
    let original = columns.arrange(&song.roll(|_| true));
    let given = columns.arrange(&song.roll(|note| !area.takes(note)));
    let voice = columns.arrange(&song.roll(|note| area.tracks[note.event.track] && !area.takes(note)));
    let cells = columns.cells(&area.cells);
    let unknown = CellSet::rectangle(original.steps(), 0..=127, rewrite.known() as u32 * COLUMN..original.steps());
    let free = PartialRoll::new(given.clone(), &cells);
    let mut written: Vec<Vec<Note>> = vec![Vec::new(); *variants];
    let windows = rewrite.windows();
    let texture = windows.first().filter(|_| windows.len() > 1).and_then(|first| {
        let end = first.written.start as u32 * COLUMN;
        let before = given.window(end.saturating_sub(WINDOW_STEPS), WINDOW_STEPS.min(end));
        (!before.notes().is_empty()).then_some(before)
    });
    let has = |cells: &CellSet, column: usize| !cells.window(column as u32 * COLUMN, COLUMN).is_empty();
    for (number, Window { start, written: own }) in windows.into_iter().enumerate() {
        let (from, end) = (start as u32 * COLUMN, own.end as u32 * COLUMN);
        let unwritten = CellSet::rectangle(original.steps(), 0..=127, own.start as u32 * COLUMN..original.steps());
        let open = &(&cells | &unknown) & &unwritten;
        let beyond = CellSet::rectangle(WINDOW_STEPS, 0..=127, original.steps().saturating_sub(from)..WINDOW_STEPS);
        let partial = |new: &Vec<Note>| {
            let window = PartialRoll::new(with(&given, new), &open).window(from, WINDOW_STEPS);
            PartialRoll::new(window.given().clone(), &(window.free() | &beyond))
        };
        let partials: Vec<PartialRoll> = written.iter().map(partial).collect();
        let part: Vec<usize> = own.clone().filter(|&column| has(&cells, column)).collect();
        let [first, last] = [part.first(), part.last()].map(|column| column.map_or(0, |column| column - start));
        let passage = |(new, partial): (&Vec<Note>, &PartialRoll)| {
            let known =
                Known::new(&with(&given, new), &with(&voice, new), harmony.as_ref(), |column| !has(&open, column));
            known.passage(partial, start, first..last + 1)
        };
        let passages = written.iter().zip(&partials).map(passage).collect();
        let original = original.window(from, WINDOW_STEPS);
        let request = WindowRequest {
            number,
            partials,
            texture: texture.clone(),
            passages,
            chords: harmony.as_ref().map(|harmony| harmony.window(start)),
            key: rewrite.key.unwrap_or_else(|| key_of(&original, song)),
            original,
            place: Place { columns, free: &free, start: from, own: own.start as u32 * COLUMN..end },
            written: &written,
        };
        let rolls = generate(&request)?;
        assert_eq!(rolls.len(), *variants, "a roll per variant");
        let new = request.new_notes(&rolls);
        written.iter_mut().zip(new).for_each(|(written, new)| written.extend(new));
    }
    Ok(written.into_iter().map(|notes| restored(columns, notes).notes().to_vec()).collect())
}

/// A roll with more notes.
fn with(roll: &Roll, notes: &[Note]) -> Roll {
    roll.with_notes(roll.steps(), roll.notes().iter().chain(notes).copied().collect())
}

/// The key of the music in a window of a song.
fn key_of(window: &Roll, song: &SongFile) -> usize {
    let classes = |roll: &Roll| key::pitch_classes(roll.notes()).map(f64::from);
    to_c::key_of(&classes(window), &classes(&song.roll(|_| true)))
}
