//! What a melody is asked to be.

use std::ops::RangeInclusive;

use super::conditions::{BAR, Conditions};
use super::token::{Cell, PITCHES, Token};
use crate::data::music::chord::Chord;

/// The usual probability that a bar repeats another: bars of new melodies are then as alike as those of songs.
pub const REPEAT: f64 = 0.3;

/// A melody to write, in any key. What is left empty or `None` is free.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The chord of each beat of the window, in the key of the melody.
    pub chords: Vec<Chord>,
    /// Semitones from that key to C major or A minor ([`to_c`](crate::data::music::to_c)).
    pub shift: i32,
    /// The token of each column that is given, which stays as it is, with pitches in the key of the melody; empty if nothing is given.
    pub given: Vec<Option<Token>>,
    /// Notes that begin in each bar of 16 columns; empty if all are free.
    pub notes: Vec<Option<f32>>,
    /// Mean pitch of the notes of each bar, in the key of the melody; empty if all are free.
    pub registers: Vec<Option<f32>>,
    /// Notes per bar of the whole window.
    pub density: Option<f32>,
    /// Mean pitch of the whole window, in the key of the melody.
    pub register: Option<f32>,
    /// Share of columns in which the melody sounds, 0 to 1.
    pub sounding: Option<f32>,
    /// Pitches that new notes may have, in the key of the melody.
    pub pitches: RangeInclusive<u8>,
    /// Probability that a bar begins to repeat an earlier one of the same chords.
    pub repeat: f64,
    /// With `stream`, what all draws depend on.
    pub seed: u64,
    /// The sample's number: samples of a seed differ by it, and are the same in any batch.
    pub stream: u64,
}

impl Ask {
    /// A melody to chords, of which all else is free.
    pub fn new(chords: Vec<Chord>, shift: i32, seed: u64, stream: u64) -> Self {
        Self {
            chords,
            shift,
            given: Vec::new(),
            notes: Vec::new(),
            registers: Vec::new(),
            density: None,
            register: None,
            sounding: None,
            pitches: 0..=127,
            repeat: REPEAT,
            seed,
            stream,
        }
    }

    /// The cells of a window of `steps` columns: what is given, and masked ones.
    pub(super) fn cells(&self, steps: usize) -> Vec<Cell> {
        let given = |column| self.given.get(column).copied().flatten();
        (0..steps).map(|column| given(column).map_or(Cell::Masked, |token| Cell::of(token, self.shift))).collect()
    }

    /// What the network is told, in C major or A minor.
    pub(super) fn conditions(&self, steps: usize) -> Conditions {
        let index = |pitch: f32| pitch + self.shift as f32 - f32::from(*PITCHES.start());
        let bar = |bar| [self.notes.get(bar).copied().flatten(), self.registers.get(bar).copied().flatten().map(index)];
        Conditions {
            chords: self.chords.iter().map(|chord| chord.transposed(self.shift)).collect(),
            bars: (0..steps / BAR).map(bar).collect(),
            window: [self.density, self.register.map(index), self.sounding],
        }
    }

    /// The MIDI pitch, in the key of the melody, of an index into [`PITCHES`].
    pub(super) fn pitch(&self, index: usize) -> i32 {
        i32::from(*PITCHES.start()) + index as i32 - self.shift
    }
}
