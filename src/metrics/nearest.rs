//! The most similar of many windows to a given one: a measure of memorisation by a generator.
//!
//! The overlap of two windows is the F1 of their onsets (equal step and pitch) after transposing one of them.

use crate::data::music::roll::{PITCHES, Roll};
use std::ops::RangeInclusive;

/// The onsets of a roll as a bit set, so that common onsets are counted 64 steps at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onsets {
    words: usize,
    /// `[128, words]`: bit s of a pitch is set if a note begins at step s.
    bits: Vec<u64>,
    notes: u64,
    /// Lowest and highest pitch with a note.
    pitches: (usize, usize),
}

/// The nearest candidate to a window, and its transposition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Index of the candidate.
    pub index: usize,
    /// Semitones by which it is transposed.
    pub transpose: i32,
    /// F1 of the onsets, 0 to 1.
    pub overlap: f64,
}

impl Onsets {
    /// The onsets of a roll.
    pub fn of(roll: &Roll) -> Self {
        let words = (roll.steps() as usize).div_ceil(64);
        let mut bits = vec![0; PITCHES * words];
        for note in roll.notes() {
            bits[usize::from(note.pitch) * words + note.start as usize / 64] |= 1 << (note.start % 64);
        }
        let pitches = || roll.notes().iter().map(|note| usize::from(note.pitch));
        let pitches = (pitches().min().unwrap_or(0), pitches().max().unwrap_or(0));
        Self { words, bits, notes: roll.notes().len() as u64, pitches }
    }

    /// F1 of the onsets of this roll and of another transposed by `transpose` semitones; 0 if one is silent. Notes that leave
    /// the range of pitches match nothing.
    pub fn overlap(&self, other: &Self, transpose: i32) -> f64 {
        if self.notes == 0 || other.notes == 0 {
            return 0.0;
        }
        let (lowest, highest) = self.pitches;
        let hits: u64 = (lowest..=highest)
            .filter_map(|pitch| {
                let from = usize::try_from(pitch as i32 - transpose).ok().filter(|from| *from < PITCHES)?;
                let pairs = self.row(pitch).iter().zip(other.row(from));
                Some(pairs.map(|(a, b)| u64::from((a & b).count_ones())).sum::<u64>())
            })
            .sum();
        2.0 * hits as f64 / (self.notes + other.notes) as f64
    }

    fn row(&self, pitch: usize) -> &[u64] {
        &self.bits[pitch * self.words..(pitch + 1) * self.words]
    }

    /// Upper bound of the overlap by the numbers of notes.
    fn bound(&self, other: &Self) -> f64 {
        2.0 * self.notes.min(other.notes) as f64 / (self.notes + other.notes).max(1) as f64
    }

    /// The candidate and transposition with the largest overlap. Ties go to the first candidate, then to the transposition
    /// nearest to 0. `None` without candidates.
    pub fn nearest(&self, candidates: &[Self], transpositions: RangeInclusive<i32>) -> Option<Match> {
        let mut order: Vec<i32> = transpositions.collect();
        order.sort_by_key(|semitones| (semitones.abs(), *semitones));
        let mut best: Option<Match> = None;
        for (index, candidate) in candidates.iter().enumerate() {
            if best.is_some_and(|best| candidate.bound(self) <= best.overlap) {
                continue;
            }
            for &transpose in &order {
                let overlap = self.overlap(candidate, transpose);
                if best.is_none_or(|best| overlap > best.overlap) {
                    best = Some(Match { index, transpose, overlap });
                }
            }
        }
        best
    }
}
