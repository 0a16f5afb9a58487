//! Writing: given tokens stay, the others are drawn from left to right, first the rhythm of all, then the pitches.

use super::ask::Ask;
use super::conditions::{BAR, Conditions};
use super::draw::{Boldness, draw};
use super::melodies::Melodies;
use super::network::{RHYTHMS, Which};
use super::token::{Cell, Token};
use super::view::View;
use super::{pitch, repeats, rhythm};
use crate::data::music::roll::Note;
use crate::parallel::*;
use crate::rng::Philox;

/// Key of all draws, combined with the seed.
const KEY: u64 = 0x6d65_6c6f;
/// A nucleus of rhythms would favour those that are frequent anyway, holds and silence, and so leave out notes.
const RHYTHM: Boldness = Boldness { temperature: 1.0, nucleus: 1.0 };
const PITCH: Boldness = Boldness { temperature: 0.95, nucleus: 0.95 };

/// A melody that is being written.
struct Draft<'a> {
    melodies: &'a Melodies,
    ask: &'a Ask,
    conditions: Conditions,
    cells: Vec<Cell>,
    given: Vec<bool>,
    /// The columns by which each bar is after the one that it repeats.
    repeats: Vec<Option<usize>>,
    random: Philox,
}

impl Melodies {
    /// The tokens of a melody for each of `asks`, with pitches in its key: those that are given, and new ones, of which no hold follows
    /// silence. A melody is a function of its ask alone; it takes some milliseconds of a processor, and no device.
    ///
    /// # Panics
    /// If an ask has not one chord per beat of the window.
    #[track_caller]
    pub fn tokens(&self, asks: &[Ask]) -> Vec<Vec<Token>> {
        asks.iter().for_each(|ask| assert_eq!(4 * ask.chords.len(), self.steps, "one chord for each beat of a melody"));
        asks.par_iter().map(|ask| Draft::new(self, ask).written()).collect()
    }

    /// The same as notes, which do not overlap.
    ///
    /// # Panics
    /// As [`tokens`](Self::tokens).
    #[track_caller]
    pub fn write(&self, asks: &[Ask]) -> Vec<Vec<Note>> {
        self.tokens(asks).iter().map(|tokens| Token::notes(tokens)).collect()
    }
}

impl<'a> Draft<'a> {
    fn new(melodies: &'a Melodies, ask: &'a Ask) -> Self {
        let steps = melodies.steps;
        let mut random = Philox::new(ask.seed ^ KEY, ask.stream);
        let repeats = repeats::draw(&ask.chords, ask.repeat, &mut random);
        let cells = ask.cells(steps);
        let given = cells.iter().map(|cell| *cell != Cell::Masked).collect();
        Self { melodies, ask, conditions: ask.conditions(steps), cells, given, repeats, random }
    }

    fn written(mut self) -> Vec<Token> {
        let free: Vec<usize> = (0..self.cells.len()).filter(|&column| !self.given[column]).collect();
        let mut inputs = Which::ALL.map(|which| vec![0.0; which.sizes()[0]]);
        for &column in &free {
            let view = View { cells: &self.cells, given: &self.given, column };
            rhythm::write(&view, &self.conditions, &mut inputs[0]);
            let mut logits = self.melodies.logits(Which::Rhythm, &inputs[0]);
            if let Some(lag) = self.repeats[column / BAR] {
                repeats::favour_rhythm(&view, lag, &mut logits);
            }
            self.draw_rhythm(column, &logits);
        }
        for &column in free.iter().filter(|&&column| matches!(self.cells[column], Cell::Onset(_))).collect::<Vec<_>>() {
            let view = View { cells: &self.cells, given: &self.given, column };
            pitch::write(&view, &self.conditions, &mut inputs[1]);
            let mut logits = self.melodies.logits(Which::Pitch, &inputs[1]);
            if let Some(lag) = self.repeats[column / BAR] {
                repeats::favour_pitch(&view, lag, &mut logits);
            }
            self.draw_pitch(column, &logits);
        }
        self.tokens()
    }

    /// No hold at the beginning or after silence, and no silence before a hold.
    fn draw_rhythm(&mut self, column: usize, logits: &[f32]) {
        let before = column.checked_sub(1).map_or(Cell::Silence, |before| self.cells[before]);
        let after = self.cells.get(column + 1).copied();
        let allowed = |rhythm| match Cell::of_rhythm(rhythm) {
            Cell::Silence => after != Some(Cell::Hold),
            Cell::Hold => before != Cell::Silence,
            _ => true,
        };
        let drawn = draw(logits, allowed, RHYTHM, &mut self.random).unwrap_or(RHYTHMS - 1);
        self.cells[column] = Cell::of_rhythm(drawn);
    }

    /// A pitch in the asked range, or, if the network has none in it, any.
    fn draw_pitch(&mut self, column: usize, logits: &[f32]) {
        let ask = self.ask;
        let midi = |index: usize| u8::try_from(ask.pitch(index)).ok().filter(|pitch| *pitch <= 127);
        let asked = |index: usize| midi(index).is_some_and(|pitch| ask.pitches.contains(&pitch));
        let drawn = draw(logits, asked, PITCH, &mut self.random);
        let drawn = drawn.or_else(|| draw(logits, |index| midi(index).is_some(), PITCH, &mut self.random));
        self.cells[column] = Cell::Onset(drawn);
    }

    fn tokens(&self) -> Vec<Token> {
        let token = |(column, cell): (usize, &Cell)| {
            let drawn = match *cell {
                Cell::Hold => Token::Hold,
                Cell::Onset(Some(index)) => Token::Onset(self.ask.pitch(index) as u8),
                _ => Token::Silence,
            };
            self.ask.given.get(column).copied().flatten().unwrap_or(drawn)
        };
        self.cells.iter().enumerate().map(token).collect()
    }
}
