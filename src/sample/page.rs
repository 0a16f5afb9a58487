//! A page of samples: one HTML file with piano rolls as vector graphics, and players of the sound files next to it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use minijinja::{Environment, Value, context};

use super::piece::{Given, Piece};
use crate::audio::Format;
use crate::chart::roll::brightness;
use crate::data::music::key;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT};

/// The page's template. It loads nothing but the samples' own files.
const TEMPLATE: &str = include_str!("page.html");
/// Width and height of a cell in the units of the graphics.
const CELL: (i32, i32) = (6, 7);
/// Height of the line of chords above the notes.
const CHORDS: i32 = 20;
/// Pitches shown above and below those in use.
const MARGIN: i32 = 2;

/// The page of samples of a seed.
pub fn of(seed: u64, pieces: &[Piece], sound: Option<Format>) -> String {
    let pitches = || pieces.iter().flat_map(|piece| piece.roll.notes()).map(|note| i32::from(note.pitch));
    let low = (pitches().min().unwrap_or(60) - MARGIN).max(0);
    let high = (pitches().max().unwrap_or(60) + MARGIN).min(127);
    let steps = pieces.iter().map(|piece| piece.roll.steps()).max().unwrap_or(1) as i32;
    let octave = |pitch: i32| context! { name => format!("C{}", pitch / 12 - 1), y => (high - pitch + 1) * CELL.1 };
    let octaves: Vec<Value> = (low..=high).filter(|pitch| pitch % 12 == 0).map(octave).collect();
    let entries: Vec<Value> = pieces.iter().map(|piece| entry(piece, high, sound)).collect();
    let values = context! {
        seed, octaves, entries,
        has_sound => sound.is_some(),
        top => if pieces.iter().any(|piece| piece.given.is_some()) { CHORDS } else { 0 },
        width => steps * CELL.0,
        height => (high - low + 1) * CELL.1,
    };
    let mut environment = Environment::new();
    environment.add_template("page.html", TEMPLATE).expect("the page's template is valid");
    let page = environment.get_template("page.html").and_then(|template| template.render(values));
    page.expect("the page's template renders")
}

/// A sample as the template sees it. Pitch `high` is the top row.
fn entry(piece: &Piece, high: i32, sound: Option<Format>) -> Value {
    let roll = &piece.roll;
    let step = 60.0 / roll.tempo / f64::from(STEPS_PER_BEAT);
    let bar = (roll.time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).max(1.0);
    let bars = (1..).map(|number| (f64::from(number) * bar).round() as i32);
    let chords = piece.given.iter().flat_map(Given::names).zip(0..);
    let chords = chords.map(|(names, number)| {
        let words: Vec<&str> = names.split(' ').collect();
        let width = bar / words.len() as f64;
        let at = |(i, &name): (usize, &&str)| {
            let step = f64::from(number) * bar + i as f64 * width;
            (name != ".").then(|| context! { name, x => (step * f64::from(CELL.0)).round() as i32 })
        };
        words.iter().enumerate().filter_map(at).collect::<Vec<_>>()
    });
    context! {
        number => piece.number,
        key => piece.key,
        given => piece.given.as_ref().map(|given| key::name(given.key)).filter(|given| *given != piece.key),
        chords => chords.flatten().collect::<Vec<_>>(),
        notes => roll.notes().len(),
        seconds => f64::from(roll.steps()) * step,
        mid => piece.file("mid"),
        sound => sound.map(|format| piece.file(format.ending())),
        held => outlines(roll, high, |duration| 1..duration),
        onsets => outlines(roll, high, |_| 0..1),
        bars => bars.take_while(|&step| step < roll.steps() as i32).map(|step| step * CELL.0).collect::<Vec<_>>(),
    }
}

/// A rectangle per note over a range `of` its cells, with a gap to the next note. Notes of one brightness are one path.
fn outlines(roll: &Roll, high: i32, of: impl Fn(u32) -> Range<u32>) -> Vec<Value> {
    let mut paths = BTreeMap::<u8, String>::new();
    for note in roll.notes() {
        let cells = of(note.duration);
        if cells.is_empty() {
            continue;
        }
        let tenths = (10.0 * brightness(note.velocity)).round() as u8;
        let (x, y) = ((note.start + cells.start) as i32 * CELL.0, (high - i32::from(note.pitch)) * CELL.1);
        let gap = i32::from(cells.end == note.duration);
        let (width, height) = (cells.len() as i32 * CELL.0 - gap, CELL.1 - 1);
        let _ = write!(paths.entry(tenths).or_default(), "M{x} {y}h{width}v{height}h-{width}z");
    }
    paths.into_iter().map(|(tenths, d)| context! { d, opacity => f64::from(tenths) / 10.0 }).collect()
}
