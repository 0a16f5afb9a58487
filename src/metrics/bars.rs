//! Bars compared: overlap of their histograms of pitch and of duration (D_P, D_D), F1 of their onsets and of their rhythms.
//!
//! The histogram of a bar is normalised to 1. The overlap of two histograms is the sum over bins of the smaller value. In the
//! comparison of two rolls, bars that are silent in both are left out; the overlap of silence and notes is 0.

use super::features::STEPS_PER_BAR;
use crate::data::music::roll::{Note, Roll};
use std::collections::{BTreeMap, BTreeSet};
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
        for number in 0..bars {
            let [a, b] = [a, b].map(|roll| bar(roll.notes(), number));
            if a.is_empty() && b.is_empty() {
                continue;
            }
            sum += Self {
                bars: 1.0,
                pitch: pitch_overlap(&a, &b),
                duration: duration_overlap(&a, &b),
                note_f1: onset_f1(&a, &b),
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

/// The notes that begin in bar `number` of 4/4, with their whole durations, from the bar's first step on.
pub fn bar(notes: &[Note], number: u32) -> Vec<Note> {
    let first = number * STEPS_PER_BAR;
    let inside = notes.iter().filter(|note| (first..first + STEPS_PER_BAR).contains(&note.start));
    inside.map(|note| Note { start: note.start - first, ..*note }).collect()
}

/// D_P: overlap of the histograms of the pitches of two bars; 0 if one is silent.
pub fn pitch_overlap(a: &[Note], b: &[Note]) -> f64 {
    overlap(&histogram(a, |note| u32::from(note.pitch)), &histogram(b, |note| u32::from(note.pitch)))
}

/// D_D: overlap of the histograms of the durations of two bars, in steps; 0 if one is silent.
pub fn duration_overlap(a: &[Note], b: &[Note]) -> f64 {
    overlap(&histogram(a, |note| note.duration), &histogram(b, |note| note.duration))
}

/// F1 of the onsets of two bars (equal step and pitch); 0 if both are silent.
pub fn onset_f1(a: &[Note], b: &[Note]) -> f64 {
    f1(a, b, |note| (note.start, note.pitch))
}

/// F1 of the rhythms of two bars (equal steps with any onset); 0 if both are silent.
pub fn rhythm_f1(a: &[Note], b: &[Note]) -> f64 {
    f1(a, b, |note| note.start)
}

fn f1<T: Ord>(a: &[Note], b: &[Note], of: impl Fn(&Note) -> T) -> f64 {
    let [a, b] = [a, b].map(|notes| notes.iter().map(&of).collect::<BTreeSet<T>>());
    2.0 * a.intersection(&b).count() as f64 / (a.len() + b.len()).max(1) as f64
}

fn histogram(notes: &[Note], bin: impl Fn(&Note) -> u32) -> BTreeMap<u32, f64> {
    let mut bins = BTreeMap::new();
    for note in notes {
        *bins.entry(bin(note)).or_default() += 1.0 / notes.len() as f64;
    }
    bins
}

/// Histogram intersection: the sum over bins of the smaller value.
fn overlap(a: &BTreeMap<u32, f64>, b: &BTreeMap<u32, f64>) -> f64 {
    a.iter().filter_map(|(bin, value)| b.get(bin).map(|other| value.min(*other))).sum()
}
