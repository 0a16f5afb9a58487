//! A contact sheet: many rolls on one scale, each with a title.

use super::canvas::{CHARACTER, Canvas};
use super::roll::{LABELS, ONSET, SUSTAIN, Scale, legend};
use super::style::TEXT;
use crate::data::music::key;
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;

/// Space between rolls and around the sheet, in pixels.
const GAP: u32 = 10;
/// Height of a line of text with its space.
const LINE: u32 = CHARACTER.1 + 4;

/// Rolls with their numbers, counted from 0, and their keys.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn contact_sheet(rolls: &[Roll], columns: usize) -> Picture {
    let titled =
        rolls.iter().enumerate().map(|(number, roll)| (format!("{number}  {}", key::describe(roll.notes())), roll));
    sheet(&titled.collect::<Vec<_>>(), columns)
}

/// Rolls with their titles in a grid of `columns` columns, in reading order.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn sheet(rolls: &[(String, &Roll)], columns: usize) -> Picture {
    assert!(columns > 0, "a sheet of 0 columns");
    let scale = Scale::of(rolls.iter().map(|(_, roll)| *roll));
    let columns = columns.min(rolls.len().max(1));
    let rows = rolls.len().div_ceil(columns) as u32;
    let (wide, high) = (scale.size().0 + GAP, scale.size().1 + LINE + GAP);
    let mut canvas = Canvas::new(LABELS + GAP + wide * columns as u32, GAP + high * rows + LINE);
    for (i, (title, roll)) in rolls.iter().enumerate() {
        let (column, row) = ((i % columns) as u32, (i / columns) as u32);
        let (x, y) = ((LABELS + GAP + wide * column) as i32, (GAP + high * row) as i32);
        let corner = (x, y + LINE as i32);
        canvas.text(title, (x, y), TEXT);
        scale.draw(&mut canvas, roll, corner);
        if column == 0 {
            scale.labels(&mut canvas, corner);
        }
    }
    let below = ((LABELS + GAP) as i32, (GAP + high * rows) as i32 - 4);
    let next = legend(&mut canvas, below, ONSET, "onset");
    let next = legend(&mut canvas, (next, below.1), SUSTAIN, "held");
    canvas.text("lines at bars and at each C", (next, below.1), TEXT);
    canvas.picture()
}
