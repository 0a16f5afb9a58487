//! Piano rolls for viewing: cropped to the pitches in use, on a grid of octave and bar lines.

use embedded_graphics::pixelcolor::Rgb888;

use super::canvas::{CHARACTER, Canvas};
use super::style::LABEL;
use crate::data::music::roll::{Note, Roll, STEPS_PER_BEAT};

/// Width and height of a cell in pixels.
const CELL: (u32, u32) = (2, 3);
/// Fewest pitches shown: two octaves.
const FEWEST: i32 = 24;
/// The pitches shown of silence, from the C below middle C.
const OF_SILENCE: (i32, i32) = (48, 72);
/// Space between rolls and around a sheet of them, in pixels.
pub const GAP: u32 = 10;
/// Height of a line of text with its space, in pixels.
pub const LINE: u32 = CHARACTER.1 + 4;
/// Space left of a roll for the names of octaves, in pixels.
pub const LABELS: u32 = 3 * CHARACTER.0;

/// White keys, black keys, octave lines and bar lines.
const WHITE_KEY: Rgb888 = Rgb888::new(32, 32, 38);
const BLACK_KEY: Rgb888 = Rgb888::new(26, 26, 31);
const OCTAVE: Rgb888 = Rgb888::new(72, 72, 84);
const BAR: Rgb888 = Rgb888::new(56, 56, 66);

/// The first cell of a note, and the others, at full velocity.
pub const ONSET: Rgb888 = Rgb888::new(255, 112, 84);
pub const SUSTAIN: Rgb888 = Rgb888::new(72, 196, 140);

/// The common scale of several rolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Lowest and highest pitch.
    low: i32,
    high: i32,
    /// Columns of the longest roll.
    steps: u32,
}

impl Scale {
    /// The pitches in use with one more on either side, at least two octaves.
    pub fn of<'a>(rolls: impl Iterator<Item = &'a Roll> + Clone) -> Self {
        let pitches = || rolls.clone().flat_map(Roll::notes).map(|note| i32::from(note.pitch));
        let (low, high) = match (pitches().min(), pitches().max()) {
            (Some(low), Some(high)) => (low - 1, high + 1),
            _ => OF_SILENCE,
        };
        let missing = (FEWEST - (high - low)).max(0);
        let (low, high) = (low - missing / 2, high + missing - missing / 2);
        let low = low.clamp(0, 127 - FEWEST);
        Self { low, high: high.clamp(low + FEWEST, 127), steps: rolls.map(Roll::steps).max().unwrap_or(0) }
    }

    /// The same scale for rolls of `steps` columns.
    pub fn lasting(self, steps: u32) -> Self {
        Self { steps, ..self }
    }

    /// Columns of the longest roll.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Width and height of a roll in pixels.
    pub fn size(&self) -> (u32, u32) {
        (CELL.0 * self.steps, CELL.1 * (self.high - self.low + 1) as u32)
    }

    /// Draws a roll with its upper left corner at `corner`. Brighter notes are louder.
    pub fn draw(&self, canvas: &mut Canvas, roll: &Roll, corner: (i32, i32)) {
        self.grid(canvas, roll, corner);
        for note in roll.notes() {
            self.note(canvas, corner, note, [shaded(ONSET, note.velocity), shaded(SUSTAIN, note.velocity)]);
        }
    }

    /// Draws a note in the colours of its onset and of its other cells.
    pub fn note(&self, canvas: &mut Canvas, corner: (i32, i32), note: &Note, [onset, held]: [Rgb888; 2]) {
        self.cells(canvas, corner, note, note.start, note.end(), held);
        self.cells(canvas, corner, note, note.start, note.start + 1, onset);
    }

    /// Keys, octave lines and bar lines, up to the end of `roll`.
    pub fn grid(&self, canvas: &mut Canvas, roll: &Roll, (x, y): (i32, i32)) {
        let width = CELL.0 * roll.steps();
        for pitch in self.low..=self.high {
            let is_black = [1, 3, 6, 8, 10].contains(&(pitch % 12));
            canvas.fill((x, y + self.row(pitch)), (width, CELL.1), if is_black { BLACK_KEY } else { WHITE_KEY });
        }
        let bar = (roll.time_signature.quarters_per_bar() * f64::from(STEPS_PER_BEAT)).max(1.0);
        let bars = (1..).map(|number| (f64::from(number) * bar).round() as u32);
        for step in bars.take_while(|&step| step < roll.steps()) {
            canvas.fill((x + (CELL.0 * step) as i32, y), (1, self.size().1), BAR);
        }
        for pitch in self.octaves() {
            canvas.fill((x, y + self.row(pitch) + CELL.1 as i32 - 1), (width, 1), OCTAVE);
        }
    }

    /// The names of the octaves, `C4` at middle C, left of a roll at `corner`.
    pub fn labels(&self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        for pitch in self.octaves() {
            let line = y + self.row(pitch) + CELL.1 as i32 - 1;
            canvas.text_right(&format!("C{}", pitch / 12 - 1), (x - 3, line - CHARACTER.1 as i32 / 2), LABEL);
        }
    }

    /// Fills the cells of a note's pitch from one step to before another.
    pub fn cells(&self, canvas: &mut Canvas, (x, y): (i32, i32), note: &Note, from: u32, to: u32, colour: Rgb888) {
        let place = (x + (CELL.0 * from) as i32, y + self.row(note.pitch.into()));
        canvas.fill(place, (CELL.0 * (to - from), CELL.1), colour);
    }

    /// The lowest pitches of the octaves shown.
    fn octaves(&self) -> impl Iterator<Item = i32> {
        (self.low..=self.high).filter(|pitch| pitch % 12 == 0)
    }

    /// The upper edge of a pitch below that of the roll.
    fn row(&self, pitch: i32) -> i32 {
        (self.high - pitch) * CELL.1 as i32
    }
}

/// How bright a note is, relative to the loudest: never too dark to see.
pub fn brightness(velocity: u8) -> f64 {
    (f64::from(velocity) / 100.0).clamp(0.35, 1.0)
}

/// A colour by velocity.
fn shaded(colour: Rgb888, velocity: u8) -> Rgb888 {
    use embedded_graphics::pixelcolor::RgbColor;
    let channel = |value: u8| (f64::from(value) * brightness(velocity)).round() as u8;
    Rgb888::new(channel(colour.r()), channel(colour.g()), channel(colour.b()))
}
