//! Variants of a part of a song: given notes in grey, new ones in colour.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::Canvas;
use super::legend::Legend;
use super::roll::{GAP, LABELS, LINE, ONSET, SUSTAIN, Scale};
use super::style::TEXT;
use crate::data::music::roll::Roll;
use crate::data::picture::Picture;

/// Rolls side by side; more continue below.
const COLUMNS: usize = 2;
/// Onset and other cells of a given note.
const GIVEN_ONSET: Rgb888 = Rgb888::new(190, 190, 196);
const GIVEN: Rgb888 = Rgb888::new(120, 120, 128);

/// A roll in two parts.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its title.
    pub title: String,
    /// The given notes.
    pub given: Roll,
    /// The new notes, in as many steps.
    pub new: Roll,
}

/// The parts in reading order, on one scale.
pub fn written(parts: &[Part]) -> Picture {
    let columns = COLUMNS.min(parts.len().max(1));
    let scale = Scale::of(parts.iter().flat_map(|part| [&part.given, &part.new]));
    let (wide, high) = scale.size();
    let left = LABELS + GAP;
    let legend =
        Legend::new(&[(GIVEN_ONSET, "given"), (ONSET, "new"), (SUSTAIN, "new, held")], "lines at bars and at each C");
    let rows = parts.len().div_ceil(columns) as u32;
    let width = left + ((wide + GAP) * columns as u32).max(legend.width() + GAP);
    let mut canvas = Canvas::new(width, GAP + rows * (LINE + high + GAP) + LINE);
    for (index, part) in (0..).zip(parts) {
        let (column, row) = (index % columns as u32, index / columns as u32);
        let corner = ((left + (wide + GAP) * column) as i32, (GAP + (LINE + high + GAP) * row) as i32);
        let roll = (corner.0, corner.1 + LINE as i32);
        canvas.text(&part.title, corner, TEXT);
        scale.draw(&mut canvas, &part.new, roll);
        for note in part.given.notes() {
            scale.note(&mut canvas, roll, note, [GIVEN_ONSET, GIVEN]);
        }
        if column == 0 {
            scale.labels(&mut canvas, roll);
        }
    }
    legend.draw(&mut canvas, (left as i32, (GAP + rows * (LINE + high + GAP)) as i32 - 4));
    canvas.picture()
}
