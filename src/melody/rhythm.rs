//! What tells whether a column is silent, holds the note before, or begins one.

use super::conditions::{BAR, Conditions};
use super::token::Cell;
use super::view::{RHYTHM_STATES, View};
use super::writer::{DISTANCE_CLASSES, Writer};
use crate::data::music::roll::STEPS_PER_BEAT;

/// Bars of the longest window whose places are told apart.
pub const BARS: usize = 8;
/// Columns before whose rhythm is told, and after.
const BEFORE: isize = 16;
const AFTER: isize = 8;
/// Bars before that may be repeated, and columns from this one's counterpart that are told.
const LAGS: [usize; 3] = [1, 2, 4];
const AHEAD: isize = 4;
/// Columns by which the repetition of a bar is told.
const COMPARED: [usize; 3] = [8, 16, 32];

/// Inputs of a column.
pub const INPUTS: usize = BAR
    + BARS
    + (BEFORE + AFTER) as usize * RHYTHM_STATES
    + 2 * DISTANCE_CLASSES
    + LAGS.len() * (AHEAD as usize * RHYTHM_STATES + COMPARED.len() * (2 + 3) + 2 + RHYTHM_STATES)
    + 2
    + 2 * 8;

/// Writes the inputs of the view's column.
pub fn write(view: &View<'_>, conditions: &Conditions, row: &mut [f32]) {
    let mut row = Writer::new(row);
    let column = view.column;
    row.one_of(BAR, Some(column % BAR));
    row.one_of(BARS, Some((column / BAR).min(BARS - 1)));
    (1..=BEFORE).for_each(|by| row.one_of(RHYTHM_STATES, view.rhythm(-by)));
    (1..=AFTER).for_each(|by| row.one_of(RHYTHM_STATES, view.rhythm(by)));
    let since = |is: fn(&Cell) -> bool| view.cells[..column].iter().rev().position(is).map(|columns| columns + 1);
    row.distance(since(|cell| matches!(cell, Cell::Onset(_))));
    row.distance(since(|cell| *cell == Cell::Silence));
    for lag in LAGS.map(|bars| bars * BAR) {
        (0..AHEAD).for_each(|by| row.one_of(RHYTHM_STATES, view.rhythm(by - lag as isize)));
        let counterpart = view.rhythm(-(lag as isize)).filter(|&rhythm| rhythm < 3);
        for count in COMPARED {
            let alike = view.alike(count, lag);
            row.number(alike.map(|share| 2.0 * share - 1.0));
            let sure = |share: f32| ((share - 0.75) * 4.0).max(0.0);
            row.weighted(3, counterpart.zip(alike).map(|(rhythm, share)| (rhythm, sure(share))));
        }
        row.number(view.alike_in(lag..column.max(lag), lag).map(|share| 2.0 * share - 1.0));
        row.one_of(RHYTHM_STATES, view.rhythm(lag as isize));
    }
    let beat = column / STEPS_PER_BEAT as usize;
    let chord = |beat: usize| conditions.chords.get(beat).copied().unwrap_or_default();
    row.flag(beat > 0 && chord(beat) != chord(beat - 1));
    row.flag(chord(beat) != chord(beat + 1));
    let [notes, _] = conditions.bars[column / BAR];
    let [per_bar, _, sounding] = conditions.window;
    let so_far = view.onsets(0).unwrap_or(0) as f32;
    let before = |is: fn(&Cell) -> bool| {
        let count = view.cells[..column].iter().filter(|cell| is(cell)).count() as f32;
        (column > 0).then(|| count / column as f32)
    };
    let onsets = before(|cell| matches!(cell, Cell::Onset(_))).map(|share| share * BAR as f32);
    let sounded = before(|cell| *cell != Cell::Silence);
    let left = (BAR - column % BAR) as f32;
    row.number(Some(so_far / 4.0));
    row.number(view.onsets(1).map(|onsets| (onsets as f32 - 5.0) / 3.0));
    row.number(notes.map(|notes| (notes - 5.0) / 3.0));
    row.number(notes.map(|notes| ((notes - so_far) / left - 0.3) * 3.0));
    row.number(per_bar.map(|notes| (notes - 5.0) / 2.0));
    row.number(per_bar.zip(onsets).map(|(notes, onsets)| (notes - onsets) / 2.0));
    row.number(sounding.map(|share| (share - 0.75) * 4.0));
    row.number(sounding.zip(sounded).map(|(share, sounded)| (share - sounded) * 4.0));
    assert_eq!(row.at, INPUTS, "inputs of a column");
}
