//! Repetition within a window: how alike its bars are.

use super::bars::{bar, onset_f1};
use super::features::STEPS_PER_BAR;
use crate::data::music::roll::{Note, Roll};
use std::collections::BTreeSet;

/// How alike the bars of a window are. An F1 of two bars is that of their onsets (equal step and pitch) or of their rhythms (equal
/// steps with any onset); it is 0 for two silent bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repetition {
    /// Mean F1 of the onsets of bars k and k + 1, k + 2, k + 4.
    pub onsets: [f64; 3],
    /// The same of their rhythms.
    pub rhythm: [f64; 3],
    /// Standard deviation over mean of the notes per bar; 0 without notes.
    pub density_variation: f64,
}

/// The distances of the bars that are compared.
pub const DISTANCES: [usize; 3] = [1, 2, 4];

impl Repetition {
    /// Of a window; a distance that it has no two bars for counts as 0.
    pub fn of(roll: &Roll) -> Self {
        let bars = roll.steps().div_ceil(STEPS_PER_BAR) as usize;
        let mut onsets = vec![BTreeSet::new(); bars];
        for note in roll.notes() {
            onsets[(note.start / STEPS_PER_BAR) as usize].insert((note.start % STEPS_PER_BAR, note.pitch));
        }
        let rhythms: Vec<BTreeSet<u32>> =
            onsets.iter().map(|bar| bar.iter().map(|(step, _)| *step).collect()).collect();
        let counts: Vec<f64> = onsets.iter().map(|bar| bar.len() as f64).collect();
        let mean = counts.iter().sum::<f64>() / bars.max(1) as f64;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / bars.max(1) as f64;
        Self {
            onsets: DISTANCES.map(|distance| mean_f1(&onsets, distance)),
            rhythm: DISTANCES.map(|distance| mean_f1(&rhythms, distance)),
            density_variation: if mean > 0.0 { variance.sqrt() / mean } else { 0.0 },
        }
    }
}

/// Mean F1 of the onsets of bars k and k + `distance` of a roll; 0 if there are no two such bars.
pub fn onset_f1_apart(roll: &Roll, distance: u32) -> f64 {
    let bars: Vec<Vec<Note>> =
        (0..roll.steps().div_ceil(STEPS_PER_BAR)).map(|number| bar(roll.notes(), number)).collect();
    let pairs = bars.iter().zip(bars.iter().skip(distance as usize));
    let count = bars.len().saturating_sub(distance as usize).max(1);
    pairs.map(|(a, b)| onset_f1(a, b)).sum::<f64>() / count as f64
}

/// Mean F1 of the sets that are `distance` apart.
fn mean_f1<T: Ord>(bars: &[BTreeSet<T>], distance: usize) -> f64 {
    let pairs = bars.iter().zip(bars.iter().skip(distance));
    let count = bars.len().saturating_sub(distance).max(1);
    let f1 = |(a, b): (&BTreeSet<T>, &BTreeSet<T>)| {
        2.0 * a.intersection(b).count() as f64 / (a.len() + b.len()).max(1) as f64
    };
    pairs.map(f1).sum::<f64>() / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_bars_by_hand() {
        let note = |start, pitch| Note { start, duration: 1, pitch, velocity: 80 };
        let notes = vec![note(0, 60), note(4, 64), note(16, 60), note(20, 65), note(32, 60), note(36, 64)];
        let roll = Roll::new(48, notes);
        let repetition = Repetition::of(&roll);
        assert_eq!((repetition.onsets, repetition.rhythm), ([0.5, 1.0, 0.0], [1.0, 1.0, 0.0]));
        assert_eq!(repetition.density_variation, 0.0);
        assert_eq!([1, 2, 3].map(|distance| onset_f1_apart(&roll, distance)), [0.5, 1.0, 0.0]);
    }

    #[test]
    fn silent_bars_are_not_alike() {
        let note = Note { start: 0, duration: 1, pitch: 60, velocity: 80 };
        let repetition = Repetition::of(&Roll::new(64, vec![note]));
        assert_eq!((repetition.onsets, repetition.rhythm), ([0.0; 3], [0.0; 3]));
        assert!((repetition.density_variation - 3f64.sqrt()).abs() < 1e-12);
        assert_eq!(Repetition::of(&Roll::new(64, Vec::new())).density_variation, 0.0);
    }
}
