//! Which stretch of known music is most like a given one: the measure of what a generator has learned by heart.
//!
//! Two windows overlap by the F1 of their onsets, notes with the same step and pitch, after one of them was transposed.

use crate::data::music::roll::{PITCHES, Roll};
use std::ops::RangeInclusive;

/// The onsets of a roll as bits, so that the common ones of two rolls are counted 64 steps at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onsets {
    words: usize,
    /// `[128, words]`: bit s of a pitch is set where a note begins at step s.
    bits: Vec<u64>,
    notes: u64,
    /// Lowest and highest pitch with a note.
    pitches: (usize, usize),
}

/// A window and how far it has to be transposed to be most like another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its place among the candidates.
    pub index: usize,
    /// Semitones by which it is moved.
    pub transpose: i32,
    /// Their onsets' F1, 0 to 1.
    pub overlap: f64,
}

impl Onsets {
    /// Of a roll.
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

    /// F1 of the onsets of this roll and of another that is moved by `transpose` semitones; 0 where one is silent. Notes that
    /// leave the roll are in no other.
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

    /// The largest overlap that the numbers of notes allow.
    fn bound(&self, other: &Self) -> f64 {
        2.0 * self.notes.min(other.notes) as f64 / (self.notes + other.notes).max(1) as f64
    }

    /// The candidate that is most like this roll in any of the transpositions; of equal ones the first, and of its
    /// transpositions the one nearest to 0. `None` without candidates.
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
