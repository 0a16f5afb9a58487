//! The attributes of a window: eight numbers that describe its texture.

use crate::data::music::roll::Roll;
use crate::metrics::features::{Features, STEPS_PER_BAR};

/// Number of attributes.
pub use crate::config::conditions::WINDOW_ATTRIBUTES as COUNT;

/// An attribute, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Natural logarithm of the notes per bar.
    Density,
    /// Mean number of sounding pitches over the steps with at least one.
    Polyphony,
    /// Natural logarithm of the mean duration in steps.
    Duration,
    /// 1 - mean Hamming distance of consecutive bars' onset vectors / 16.
    Groove,
    /// Lowest pitch.
    Lowest,
    /// Highest pitch.
    Highest,
    /// Share of steps with an onset.
    Onsets,
    /// Number of different pitches.
    Pitches,
}

impl Attribute {
    /// All, in the order of their indices.
    pub const ALL: [Self; COUNT] = [
        Self::Density,
        Self::Polyphony,
        Self::Duration,
        Self::Groove,
        Self::Lowest,
        Self::Highest,
        Self::Onsets,
        Self::Pitches,
    ];

    /// Its name in messages and tables.
    pub fn name(self) -> &'static str {
        ["density", "polyphony", "duration", "groove", "lowest pitch", "highest pitch", "onsets", "distinct pitches"]
            [self as usize]
    }
}

/// The attributes of a window, in the order of [`Attribute::ALL`]. Silence has the values of one note of one step at middle C,
/// except polyphony 0.
pub fn attributes(roll: &Roll) -> [f32; COUNT] {
    const MIDDLE: u8 = 60;
    let features = Features::of(roll.notes(), roll.steps());
    let pitches = || roll.notes().iter().map(|note| note.pitch);
    let least = f64::from(STEPS_PER_BAR) / f64::from(roll.steps().max(1));
    [
        features.notes_per_bar.max(least).ln(),
        features.polyphony,
        features.duration.max(1.0).ln(),
        features.groove_consistency,
        pitches().min().unwrap_or(MIDDLE).into(),
        pitches().max().unwrap_or(MIDDLE).into(),
        share_with_onset(roll),
        features.pitches,
    ]
    .map(|value| value as f32)
}

/// Share of steps with an onset.
fn share_with_onset(roll: &Roll) -> f64 {
    // Notes are sorted by start.
    let steps = roll.notes().chunk_by(|a, b| a.start == b.start).count();
    steps as f64 / f64::from(roll.steps().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    fn roll(steps: u32, notes: &[(u32, u32, u8)]) -> Roll {
        let note = |&(start, duration, pitch): &(u32, u32, u8)| Note { start, duration, pitch, velocity: 80 };
        Roll::new(steps, notes.iter().map(note).collect())
    }

    #[test]
    fn two_bars_by_hand() {
        let notes = [(0, 16, 48), (0, 4, 64), (0, 4, 67), (4, 4, 72), (16, 8, 48)];
        let wanted = [2.5f32.ln(), 36.0 / 24.0, 7.2f32.ln(), 15.0 / 16.0, 48.0, 72.0, 3.0 / 32.0, 4.0];
        let got = attributes(&roll(32, &notes));
        assert!(got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-6), "{got:?} is not {wanted:?}");
    }

    #[test]
    fn silence_has_finite_attributes() {
        assert!(attributes(&roll(128, &[])).iter().all(|value| value.is_finite()));
    }
}
