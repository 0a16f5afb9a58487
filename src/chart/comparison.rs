//! Pairs of rolls, one below the other, with their difference: originals and reconstructions, samples and training windows.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::roll::{LABELS, Scale, legend};
use super::style::{FAINT, TEXT};
use crate::data::music::roll::{Note, Roll};
use crate::data::picture::Picture;
use crate::metrics::scores::Scores;
use std::collections::HashMap;

/// Columns side by side; more pairs continue below.
const COLUMNS: usize = 4;
/// Space between rolls, in pixels.
const GAP: u32 = 10;
/// Height of a line of text with its space.
const LINE: u32 = CHARACTER.1 + 4;

/// A cell in both rolls, in the upper one only, in the lower one only.
const COMMON: Rgb888 = Rgb888::new(150, 150, 156);
const UPPER: Rgb888 = Rgb888::new(255, 88, 88);
const LOWER: Rgb888 = Rgb888::new(80, 156, 255);

/// What the rows of a comparison show.
struct Rows {
    /// Titles of the upper and the lower rolls.
    titles: [&'static str; 2],
    /// Names of the cells that only one of them has.
    only: [&'static str; 2],
}

/// Pairs of (original, reconstruction) and their difference.
pub fn reconstructions(pairs: &[(Roll, Roll)]) -> Picture {
    let scored = |(original, reconstruction): &(Roll, Roll)| {
        let note = Scores::of_rolls(original, reconstruction).note;
        (format!("note F1 {:.2}", note.f1()), original.clone(), reconstruction.clone())
    };
    let rows = Rows { titles: ["original", "reconstruction"], only: ["missing", "added"] };
    compare(&rows, &pairs.iter().map(scored).collect::<Vec<_>>())
}

/// The reconstruction of a whole song, in windows of `steps`.
pub fn reconstruction(original: &Roll, reconstruction: &Roll, steps: u32) -> Picture {
    let windows = (0..original.steps().max(1)).step_by(steps as usize);
    let pairs: Vec<_> =
        windows.map(|start| (original.window(start, steps), reconstruction.window(start, steps))).collect();
    reconstructions(&pairs)
}

/// Samples with their titles and the training windows nearest to them.
pub fn nearest(pairs: &[(String, Roll, Roll)]) -> Picture {
    let rows = Rows { titles: ["sample", "nearest"], only: ["sample only", "training window only"] };
    compare(&rows, pairs)
}

fn compare(rows: &Rows, pairs: &[(String, Roll, Roll)]) -> Picture {
    let scale = Scale::of(pairs.iter().flat_map(|(_, upper, lower)| [upper, lower]));
    let titles = [rows.titles[0], rows.titles[1], "difference"];
    let left = GAP + titles.iter().map(|title| title.len() as u32 * CHARACTER.0).max().unwrap_or(0) + LABELS + 4;
    let (wide, high) = (scale.size().0 + GAP, scale.size().1 + GAP);
    let columns = pairs.len().clamp(1, COLUMNS);
    let group = LINE + 3 * high;
    let groups = pairs.len().div_ceil(columns) as u32;
    let mut canvas = Canvas::new(left + wide * columns as u32, GAP + group * groups + LINE);
    for (i, (title, upper, lower)) in pairs.iter().enumerate() {
        let (column, top) = (i % columns, (GAP + group * (i / columns) as u32) as i32);
        let x = (left + wide * column as u32) as i32;
        canvas.text(&fitting(title, scale.size().0), (x, top), TEXT);
        let corner = |row: u32| (x, top + (LINE + high * row) as i32);
        scale.draw(&mut canvas, upper, corner(0));
        scale.draw(&mut canvas, lower, corner(1));
        difference(&mut canvas, &scale, (upper, lower), corner(2));
        for (row, title) in (0..).zip(titles).filter(|_| column == 0) {
            scale.labels(&mut canvas, corner(row));
            canvas.text(title, (GAP as i32, corner(row).1), TEXT);
        }
    }
    let below = (GAP + group * groups) as i32 - 4;
    let mut x = left as i32;
    for (colour, name) in [(COMMON, "in both"), (UPPER, rows.only[0]), (LOWER, rows.only[1])] {
        x = legend(&mut canvas, (x, below), colour, name);
    }
    canvas.text("onsets are bright", (x, below), FAINT);
    canvas.picture()
}

/// The cells of two rolls. A cell is common if it is an onset in both, or a sustain in both.
fn difference(canvas: &mut Canvas, scale: &Scale, (upper, lower): (&Roll, &Roll), corner: (i32, i32)) {
    scale.grid(canvas, if upper.steps() < lower.steps() { lower } else { upper }, corner);
    let (in_upper, in_lower) = (cells(upper), cells(lower));
    for (place, (note, onset)) in in_lower.iter().filter(|(place, _)| !in_upper.contains_key(place)) {
        fill(canvas, scale, corner, note, place.1, *onset, LOWER);
    }
    for (place, (note, onset)) in &in_upper {
        let common = in_lower.get(place).is_some_and(|(_, other)| other == onset);
        fill(canvas, scale, corner, note, place.1, *onset, if common { COMMON } else { UPPER });
    }
}

/// Whether each lit cell, by pitch and step, is an onset.
fn cells(roll: &Roll) -> HashMap<(u8, u32), (Note, bool)> {
    let of_note = |note: &Note| {
        let note = *note;
        (note.start..note.end()).map(move |step| ((note.pitch, step), (note, step == note.start)))
    };
    roll.notes().iter().flat_map(of_note).collect()
}

fn fill(canvas: &mut Canvas, scale: &Scale, corner: (i32, i32), note: &Note, step: u32, onset: bool, colour: Rgb888) {
    use embedded_graphics::pixelcolor::RgbColor;
    let darker = |value: u8| (f64::from(value) * 0.65) as u8;
    let sustain = Rgb888::new(darker(colour.r()), darker(colour.g()), darker(colour.b()));
    scale.cells(canvas, corner, note, step, step + 1, if onset { colour } else { sustain });
}

/// A title cut to a width in pixels.
fn fitting(title: &str, width: u32) -> String {
    let most = (width / CHARACTER.0) as usize;
    if title.chars().count() <= most {
        return title.to_owned();
    }
    title.chars().take(most.saturating_sub(2)).chain("..".chars()).collect()
}
