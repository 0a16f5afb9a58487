//! Pairs of rolls, one below the other, with their difference: originals and reconstructions, samples and training windows.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::legend::Legend;
use super::roll::{GAP, LABELS, LINE, Scale};
use super::style::TEXT;
use crate::data::music::roll::{Note, Roll, STEPS_PER_BEAT};
use crate::data::picture::Picture;
use crate::metrics::scores::Scores;
use std::collections::HashMap;

/// Columns side by side; more pairs continue below.
const COLUMNS: usize = 4;

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

/// What the rows of reconstructions show.
const RECONSTRUCTIONS: Rows = Rows { titles: ["original", "reconstruction"], only: ["missing", "added"] };

/// Pairs of (original, reconstruction) and their difference.
pub fn reconstructions(pairs: &[(Roll, Roll)]) -> Picture {
    let titled = |pair: &(Roll, Roll)| (score(pair), pair.0.clone(), pair.1.clone());
    compare(&RECONSTRUCTIONS, &pairs.iter().map(titled).collect::<Vec<_>>())
}

/// The reconstruction of a whole song, in windows of `steps`.
pub fn reconstruction(original: &Roll, reconstruction: &Roll, steps: u32) -> Picture {
    let bar = original.time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT);
    let window = |start: u32| {
        let pair = (original.window(start, steps), reconstruction.window(start, steps));
        let title = format!("from bar {:.0}: {}", (f64::from(start) / bar).floor() + 1.0, score(&pair));
        (title, pair.0, pair.1)
    };
    let windows = (0..original.steps().max(1)).step_by(steps as usize).map(window);
    compare(&RECONSTRUCTIONS, &windows.collect::<Vec<_>>())
}

fn score((original, reconstruction): &(Roll, Roll)) -> String {
    format!("note F1 {:.2}", Scores::of_rolls(original, reconstruction).note.f1())
}

/// Samples with their titles and the training windows nearest to them.
pub fn nearest(pairs: &[(String, Roll, Roll)]) -> Picture {
    let rows = Rows { titles: ["sample", "nearest"], only: ["sample only", "training window only"] };
    compare(&rows, pairs)
}

/// The pairs in groups of three rows. Each group is cropped to its pitches in use.
fn compare(rows: &Rows, pairs: &[(String, Roll, Roll)]) -> Picture {
    let titles = [rows.titles[0], rows.titles[1], "difference"];
    let left = GAP + titles.iter().map(|title| title.len() as u32 * CHARACTER.0).max().unwrap_or(0) + LABELS + 4;
    let columns = pairs.len().clamp(1, COLUMNS);
    let rolls =
        |pairs: &'_ [(String, Roll, Roll)]| pairs.iter().flat_map(|(_, a, b)| [a, b]).cloned().collect::<Vec<_>>();
    let longest = Scale::of(rolls(pairs).iter());
    let scales: Vec<Scale> =
        pairs.chunks(columns).map(|group| Scale::of(rolls(group).iter()).lasting(longest.steps())).collect();
    let wide = longest.size().0 + GAP;
    let height: u32 = scales.iter().map(|scale| LINE + 3 * (scale.size().1 + GAP)).sum();
    let [upper_only, lower_only] = rows.only;
    let legend = Legend::new(&[(COMMON, "in both"), (UPPER, upper_only), (LOWER, lower_only)], "onsets are brighter");
    let width = left + (wide * columns as u32).max(legend.width() + GAP);
    let mut canvas = Canvas::new(width, GAP + height + LINE);
    let mut top = GAP as i32;
    for (scale, group) in scales.iter().zip(pairs.chunks(columns)) {
        let tops = [0, 1, 2].map(|row| top + (LINE + (scale.size().1 + GAP) * row) as i32);
        for (column, (title, upper, lower)) in (0..).zip(group) {
            let x = (left + wide * column) as i32;
            canvas.text(&fitting(title, scale.size().0), (x, top), TEXT);
            scale.draw(&mut canvas, upper, (x, tops[0]));
            scale.draw(&mut canvas, lower, (x, tops[1]));
            difference(&mut canvas, scale, (upper, lower), (x, tops[2]));
        }
        for (y, title) in tops.into_iter().zip(titles) {
            scale.labels(&mut canvas, (left as i32, y));
            canvas.text(title, (GAP as i32, y), TEXT);
        }
        top += (LINE + 3 * (scale.size().1 + GAP)) as i32;
    }
    legend.draw(&mut canvas, (left as i32, top - 4));
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
