//! The border of two neighbouring bars: how much changes across it.

use super::bars::onset_f1;
use crate::data::music::roll::{Note, mean_pitch};

/// Changes from a bar to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seam {
    /// Absolute difference of the logarithms of the numbers of notes plus 1.
    pub density: f64,
    /// Absolute difference of the mean pitches in semitones; `None` if a bar is silent.
    pub register: Option<f64>,
    /// F1 of the onsets: equal step of the bar and pitch.
    pub onset_f1: f64,
}

impl Seam {
    /// Of the notes of two bars, each from its first step on.
    pub fn of(before: &[Note], after: &[Note]) -> Self {
        let size = |bar: &[Note]| (1.0 + bar.len() as f64).ln();
        let register = mean_pitch(before).zip(mean_pitch(after)).map(|(before, after)| (before - after).abs());
        Self { density: (size(before) - size(after)).abs(), register, onset_f1: onset_f1(before, after) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bars_by_hand() {
        let note = |start, pitch| Note { start, duration: 2, pitch, velocity: 80 };
        let seam = Seam::of(&[note(0, 60), note(4, 64), note(8, 65)], &[note(0, 60)]);
        assert_eq!((seam.density, seam.register, seam.onset_f1), (4f64.ln() - 2f64.ln(), Some(3.0), 0.5));
        let silent = Seam::of(&[note(0, 60)], &[]);
        assert_eq!((silent.density, silent.register, silent.onset_f1), (2f64.ln(), None, 0.0));
        assert_eq!(Seam::of(&[], &[]).density, 0.0);
    }
}
