//! A contact sheet: many rolls on one scale, each with a title.

use super::canvas::Canvas;
use super::legend::Legend;
use super::roll::{GAP, LABELS, LINE, ONSET, SUSTAIN, Scale};
use super::style::TEXT;
use crate::data::music::key;
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;

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

/// Rolls with their titles in a grid of `columns` columns, in reading order. Each row is cropped to its pitches in use.
///
/// # Panics
/// If `columns` is 0.
#[track_caller]
pub fn sheet(rolls: &[(String, &Roll)], columns: usize) -> Picture {
    assert!(columns > 0, "a sheet of 0 columns");
    let columns = columns.min(rolls.len().max(1));
    let longest = rolls.iter().map(|(_, roll)| roll.steps()).max().unwrap_or(0);
    let scale = |row: &[(String, &Roll)]| Scale::of(row.iter().map(|(_, roll)| *roll)).lasting(longest);
    let wide = scale(&[]).size().0 + GAP;
    let height: u32 = rolls.chunks(columns).map(|row| LINE + scale(row).size().1 + GAP).sum();
    let left = LABELS + GAP;
    let legend =
        Legend::new(&[(ONSET, "onset"), (SUSTAIN, "held")], "lines at bars and at each C; bright notes are loud");
    let width = left + (wide * columns as u32).max(legend.width() + GAP);
    let mut canvas = Canvas::new(width, GAP + height + LINE);
    let mut top = GAP as i32;
    for row in rolls.chunks(columns) {
        let scale = scale(row);
        for (column, (title, roll)) in (0..).zip(row) {
            let x = (left + wide * column) as i32;
            canvas.text(title, (x, top), TEXT);
            scale.draw(&mut canvas, roll, (x, top + LINE as i32));
        }
        scale.labels(&mut canvas, (left as i32, top + LINE as i32));
        top += (LINE + scale.size().1 + GAP) as i32;
    }
    legend.draw(&mut canvas, (left as i32, top - 4));
    canvas.picture()
}
