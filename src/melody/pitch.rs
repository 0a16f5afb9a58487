//! What tells the pitch of a note, when all rhythm is known.

use super::conditions::{BAR, Conditions};
use super::rhythm::BARS;
use super::token::{Cell, PITCH_COUNT};
use super::view::View;
use super::writer::{DISTANCE_CLASSES, Writer};
use crate::data::music::roll::STEPS_PER_BEAT;

/// Pitch classes.
const CLASSES: usize = 12;
/// Notes before whose pitches are told, and intervals between them, up to an octave either way.
const NOTES: usize = 4;
const INTERVALS: usize = 2;
const OCTAVE: isize = 12;
/// Columns before that may be repeated: half a bar, one, two and four bars. Bars after, if they are given.
const LAGS: [usize; 4] = [8, 16, 32, 64];
const LATER: [isize; 3] = [16, 32, 64];
/// Most notes by which two places are compared.
const COMPARED: usize = 8;
/// Notes of which mean, highest and lowest pitch are told.
const RECENT: usize = 8;
/// Classes of the number of notes to the next that is given.
const UNTIL: usize = 4;

/// Inputs of a note.
pub const INPUTS: usize = BAR
    + BARS
    + 3 * DISTANCE_CLASSES
    + 2
    + NOTES * PITCH_COUNT
    + INTERVALS * (2 * OCTAVE as usize + 1)
    + 2 * 3
    + LAGS.len() * (3 * PITCH_COUNT + 2 * 4)
    + LATER.len() * PITCH_COUNT
    + PITCH_COUNT
    + UNTIL
    + 3 * CLASSES
    + 2 * 4;

/// Writes the inputs of the note that begins in the view's column.
pub fn write(view: &View<'_>, conditions: &Conditions, row: &mut [f32]) {
    let mut row = Writer::new(row);
    let (column, cells) = (view.column, view.cells);
    let before: Vec<(usize, usize)> = view.before().take(RECENT).collect();
    let is_onset = |cell: &Cell| matches!(cell, Cell::Onset(_));
    let next = cells[column + 1..].iter().position(is_onset).map(|columns| columns + 1);
    let length = 1 + cells[column + 1..].iter().take_while(|cell| **cell == Cell::Hold).count();
    row.one_of(BAR, Some(column % BAR));
    row.one_of(BARS, Some((column / BAR).min(BARS - 1)));
    row.distance(Some(length));
    row.distance(next);
    row.distance(before.first().map(|(other, _)| column - other));
    row.flag(next.is_none());
    row.flag(column > 0 && cells[column - 1] == Cell::Silence);
    (0..NOTES).for_each(|note| row.one_of(PITCH_COUNT, before.get(note).map(|note| note.1)));
    for note in 0..INTERVALS {
        let interval = before.get(note).zip(before.get(note + 1)).map(|(a, b)| a.1 as isize - b.1 as isize);
        let class = interval.map(|interval| (interval.clamp(-OCTAVE, OCTAVE) + OCTAVE) as usize);
        row.one_of(2 * OCTAVE as usize + 1, class);
    }
    let pitches = || before.iter().map(|note| note.1 as f32);
    let mean = (!before.is_empty()).then(|| pitches().sum::<f32>() / before.len() as f32);
    row.number(mean.map(scaled));
    row.number(pitches().reduce(f32::max).map(scaled));
    row.number(pitches().reduce(f32::min).map(scaled));
    for lag in LAGS {
        let counterpart = view.pitch(-(lag as isize));
        row.one_of(PITCH_COUNT, counterpart);
        let (copied, moved) = repeated(view, &before, lag);
        row.weighted(PITCH_COUNT, copied);
        row.weighted(PITCH_COUNT, moved);
        let bar = column / BAR * BAR;
        for share in [
            view.repeated(BAR, lag),
            view.repeated(column, lag),
            view.alike_in(bar..bar + BAR, lag),
            view.alike_in(column..cells.len().min(column + BAR), lag),
        ] {
            row.number(share.map(|share| 2.0 * share - 1.0));
        }
    }
    LATER.into_iter().for_each(|lag| row.one_of(PITCH_COUNT, view.pitch(lag)));
    let mut after = (1..).take(cells.len() - column - 1).filter(|&by| is_onset(&cells[column + by as usize]));
    let given = after.by_ref().enumerate().find_map(|(count, by)| Some((count, view.pitch(by)?)));
    row.one_of(PITCH_COUNT, given.map(|(_, pitch)| pitch));
    row.one_of(UNTIL, given.map(|(count, _)| count.min(UNTIL - 1)));
    let chord = |column: usize| conditions.chords.get(column / STEPS_PER_BEAT as usize).copied().unwrap_or_default();
    row.several(CLASSES, chord(column).classes());
    row.one_of(CLASSES, chord(column).bass());
    row.several(CLASSES, chord(column + next.unwrap_or(BAR / 2)).classes());
    let [_, register] = conditions.bars[column / BAR];
    let [_, of_window, _] = conditions.window;
    row.number(register.map(scaled));
    row.number(register.zip(mean).map(|(register, mean)| (register - mean) / 5.0));
    row.number(of_window.map(scaled));
    row.number(of_window.zip(mean).map(|(register, mean)| (register - mean) / 5.0));
    assert_eq!(row.at, INPUTS, "inputs of a note");
}

/// An index of a pitch as a number around 0.
fn scaled(index: f32) -> f32 {
    (index - PITCH_COUNT as f32 / 2.0) / 5.0
}

/// A pitch and how sure it is.
type Weighted = Option<(usize, f32)>;

/// The pitch if the melody goes on as `lag` columns before, and the root of the share of the notes before that agree with this: as it was,
/// or moved by an interval (a sequence).
fn repeated(view: &View<'_>, before: &[(usize, usize)], lag: usize) -> (Weighted, Weighted) {
    let earlier = |column: usize| view.cells[column.checked_sub(lag)?].pitch().map(|pitch| pitch as isize);
    let moved = |&(column, pitch): &(usize, usize)| earlier(column).map(|earlier| pitch as isize - earlier);
    let found = || {
        let by = moved(before.first()?)?;
        let count = before.iter().take(COMPARED).take_while(|note| moved(note) == Some(by)).count();
        let pitch = usize::try_from(earlier(view.column)? + by).ok().filter(|&pitch| pitch < PITCH_COUNT)?;
        Some((by, (pitch, (count as f32 / COMPARED as f32).sqrt())))
    };
    match found() {
        Some((0, pitch)) => (Some(pitch), None),
        Some((_, pitch)) => (None, Some(pitch)),
        None => (None, None),
    }
}
