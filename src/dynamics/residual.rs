//! What the network leaves open: the residual of velocities, as random numbers of mean 0 and deviation 1.
//!
//! The network's errors are alike for notes near in pitch and time, which are of one voice (correlation .49 on held-out windows of
//! POP909, with a prototype in PyTorch), for the same note in another bar (.46) and for notes of a register anywhere in the window
//! (.2), but hardly for notes more than an octave apart (.03), even if they begin together. So the residual is a sum of four parts.

use std::collections::HashMap;

use crate::data::music::roll::{Note, Roll};
use crate::rng::Philox;

/// Shares of the variance: of a register throughout, of a register for about a bar, of a note with those that repeat it, of a single
/// note.
const REGISTER: f64 = 0.2;
const PHRASE: f64 = 0.2;
const REPEATED: f64 = 0.2;
const SINGLE: f64 = 0.4;

/// Semitones between the registers, and steps of a bar.
const SEMITONES: f64 = 6.0;
const BAR: u32 = 16;

/// One number for each note of a roll.
pub fn residuals(roll: &Roll, random: &mut Philox) -> Vec<f64> {
    let register = Field::draw(roll.steps(), f64::INFINITY, random);
    let phrase = Field::draw(roll.steps(), BAR.into(), random);
    let mut repeated = HashMap::new();
    let mut residual = |note: &Note| {
        let kind = (note.pitch, note.start % BAR, note.duration);
        let repeated = *repeated.entry(kind).or_insert_with(|| random.normal());
        REGISTER.sqrt() * register.at(note)
            + PHRASE.sqrt() * phrase.at(note)
            + REPEATED.sqrt() * repeated
            + SINGLE.sqrt() * random.normal()
    };
    roll.notes().iter().map(&mut residual).collect()
}

/// A random function of pitch and time, interpolated between normal numbers on a grid.
struct Field {
    /// `[pitches, columns]`.
    knots: Vec<f64>,
    columns: usize,
    /// Steps between two columns.
    steps: f64,
}

impl Field {
    /// Of a roll of `length` steps.
    fn draw(length: u32, steps: f64, random: &mut Philox) -> Self {
        let columns = (f64::from(length) / steps) as usize + 2;
        let rows = (128.0 / SEMITONES) as usize + 2;
        Self { knots: (0..rows * columns).map(|_| random.normal()).collect(), columns, steps }
    }

    /// Its value at a note, of deviation 1 everywhere.
    fn at(&self, note: &Note) -> f64 {
        let (row, above) = split(f64::from(note.pitch) / SEMITONES);
        let (column, after) = split(f64::from(note.start) / self.steps);
        let corners = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(up, on)| {
            let weight = [1.0 - above, above][up] * [1.0 - after, after][on];
            (weight, self.knots[(row + up) * self.columns + column + on])
        });
        let norm = corners.iter().map(|(weight, _)| weight * weight).sum::<f64>().sqrt();
        corners.iter().map(|(weight, knot)| weight * knot).sum::<f64>() / norm
    }
}

/// A number's whole part and the rest.
fn split(value: f64) -> (usize, f64) {
    (value as usize, value.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    /// Correlation of the residuals of two notes over many draws, and the deviation of the first.
    fn correlated(notes: [(u32, u32, u8); 2]) -> (f64, f64) {
        let notes = notes.map(|(start, duration, pitch)| Note { start, duration, pitch, velocity: 80 });
        let roll = Roll::new(128, notes.to_vec());
        let draws: Vec<Vec<f64>> = (0..4000).map(|stream| residuals(&roll, &mut Philox::new(5, stream))).collect();
        let product = |i: usize, j: usize| draws.iter().map(|draw| draw[i] * draw[j]).sum::<f64>() / draws.len() as f64;
        (product(0, 1), product(0, 0).sqrt())
    }

    #[test]
    fn what_is_near_or_repeated_varies_together() {
        for (notes, expected) in [
            ([(0, 2, 60), (16, 2, 60)], REGISTER + REPEATED),
            ([(0, 2, 60), (64, 2, 60)], REGISTER + REPEATED),
            ([(0, 2, 60), (0, 2, 84)], 0.0),
            ([(0, 2, 60), (64, 4, 60)], REGISTER),
        ] {
            let (correlation, deviation) = correlated(notes);
            assert!((correlation - expected).abs() < 0.06, "{notes:?}: {correlation}");
            assert!((deviation - 1.0).abs() < 0.05, "{deviation}");
        }
        assert!(correlated([(0, 2, 60), (2, 2, 62)]).0 > 0.25);
    }
}
