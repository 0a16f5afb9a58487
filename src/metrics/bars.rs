//! Two rolls compared bar by bar: overlap of their histograms of pitch and of duration (D_P, D_D), and F1 of their notes.
//!
//! The histogram of a bar is normalised to 1. The overlap of two histograms is the sum over bins of the smaller value. Bars
//! that are silent in both rolls are left out; the overlap of silence and notes is 0.

use super::features::STEPS_PER_BAR;
use super::scores::Scores;
use crate::data::music::roll::{Note, Roll};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Sums over bars.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BarOverlap {
    /// Bars that were compared.
    pub bars: f64,
    /// Overlap of the histograms of the 128 pitches.
    pub pitch: f64,
    /// Overlap of the histograms of durations in steps.
    pub duration: f64,
    /// F1 of notes with the same step and pitch.
    pub note_f1: f64,
}

impl BarOverlap {
    /// Compares two rolls in bars of 4/4 from step 0.
    pub fn of(a: &Roll, b: &Roll) -> Self {
        let bars = a.steps().max(b.steps()).div_ceil(STEPS_PER_BAR);
        let mut sum = Self::default();
        for first in (0..bars).map(|bar| bar * STEPS_PER_BAR) {
            let (a, b) = (bar(a, first), bar(b, first));
            if a.notes().is_empty() && b.notes().is_empty() {
                continue;
            }
            sum += Self {
                bars: 1.0,
                pitch: overlap(
                    &histogram(&a, |note| u32::from(note.pitch)),
                    &histogram(&b, |note| u32::from(note.pitch)),
                ),
                duration: overlap(&histogram(&a, |note| note.duration), &histogram(&b, |note| note.duration)),
                note_f1: Scores::of_rolls(&a, &b).note.f1(),
            };
        }
        sum
    }

    /// The means over bars of pitch overlap (D_P), duration overlap (D_D) and note F1; zeros without bars.
    pub fn means(&self) -> [f64; 3] {
        [self.pitch, self.duration, self.note_f1].map(|sum| sum / self.bars.max(1.0))
    }

    /// The sums times `weight`.
    pub fn times(self, weight: f64) -> Self {
        let Self { bars, pitch, duration, note_f1 } = self;
        Self { bars: weight * bars, pitch: weight * pitch, duration: weight * duration, note_f1: weight * note_f1 }
    }
}

impl AddAssign for BarOverlap {
    fn add_assign(&mut self, other: Self) {
        self.bars += other.bars;
        self.pitch += other.pitch;
        self.duration += other.duration;
        self.note_f1 += other.note_f1;
    }
}

/// The notes that begin in a bar, with their whole durations.
fn bar(roll: &Roll, first: u32) -> Roll {
    let notes = roll.notes().iter().filter(|note| (first..first + STEPS_PER_BAR).contains(&note.start));
    Roll::new(roll.steps(), notes.copied().collect())
}

fn histogram(roll: &Roll, bin: impl Fn(&Note) -> u32) -> BTreeMap<u32, f64> {
    let mut bins = BTreeMap::new();
    for note in roll.notes() {
        *bins.entry(bin(note)).or_default() += 1.0 / roll.notes().len() as f64;
    }
    bins
}

/// Histogram intersection: the sum over bins of the smaller value.
fn overlap(a: &BTreeMap<u32, f64>, b: &BTreeMap<u32, f64>) -> f64 {
    a.iter().filter_map(|(bin, value)| b.get(bin).map(|other| value.min(*other))).sum()
}
