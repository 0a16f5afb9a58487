//! A single voice: its intervals, how much it plays and sounds, how it fits key and chords, how its bars are alike.

use super::repetition::Repetition;
use crate::data::music::chord::Chord;
use crate::data::music::key::{notes_in, pitch_classes};
use crate::data::music::roll::{Note, Roll, STEPS_PER_BEAT};

/// Columns of a bar of 4/4.
const BAR: f64 = 16.0;
/// The key of windows in C major or A minor.
const C: usize = 0;

/// Names of the measures, in the order of [`Voice::values`].
pub const NAMES: [&str; 14] = [
    "repeated notes",
    "steps (1, 2)",
    "thirds (3, 4)",
    "leaps (5 to 11)",
    "octaves and more",
    "notes per bar",
    "sounding",
    "in C",
    "in the chord",
    "bars 1 apart",
    "bars 2 apart",
    "bars 4 apart",
    "rhythm 1 apart",
    "highest less lowest",
];

/// Measures of many voices together. Shares of intervals are of all intervals between successive notes; the rest are means over windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voice {
    values: [f64; NAMES.len()],
}

impl Voice {
    /// Of windows in C, each with the chord of each beat.
    pub fn of<'a>(windows: impl IntoIterator<Item = (&'a Roll, &'a [Chord])>) -> Self {
        let mut sizes = [0.0; 5];
        let (mut notes, mut in_key, mut in_chord) = (0.0, 0.0, 0.0);
        let mut means = [0.0; 7];
        let mut count = 0.0;
        for (roll, chords) in windows {
            let size = |pair: &[Note]| match pair[0].pitch.abs_diff(pair[1].pitch) {
                0 => 0,
                1 | 2 => 1,
                3 | 4 => 2,
                5..12 => 3,
                _ => 4,
            };
            roll.notes().windows(2).for_each(|pair| sizes[size(pair)] += 1.0);
            notes += roll.notes().len() as f64;
            in_key += f64::from(notes_in(C, &pitch_classes(roll.notes())));
            let fits = |note: &&Note| chords[(note.start / STEPS_PER_BEAT) as usize].has(note.pitch.into());
            in_chord += roll.notes().iter().filter(fits).count() as f64;
            let Repetition { onsets, rhythm, .. } = Repetition::of(roll);
            let pitches = || roll.notes().iter().map(|note| f64::from(note.pitch));
            let range = pitches().fold(0.0, f64::max) - pitches().fold(127.0, f64::min);
            let steps = f64::from(roll.steps());
            let of_window = [
                roll.notes().len() as f64 * BAR / steps,
                roll.lit_cells() as f64 / steps,
                onsets[0],
                onsets[1],
                onsets[2],
                rhythm[0],
                range.max(0.0),
            ];
            means.iter_mut().zip(of_window).for_each(|(mean, value)| *mean += value);
            count += 1.0;
        }
        let intervals = sizes.iter().sum::<f64>().max(1.0);
        let [per_bar, sounding, one, two, four, rhythm, range] = means.map(|sum| sum / f64::max(count, 1.0));
        let [repeated, steps, thirds, leaps, octaves] = sizes.map(|size| size / intervals);
        let [in_key, in_chord] = [in_key, in_chord].map(|fitting| fitting / f64::max(notes, 1.0));
        let values = [
            repeated, steps, thirds, leaps, octaves, per_bar, sounding, in_key, in_chord, one, two, four, rhythm, range,
        ];
        Self { values }
    }

    /// All values, in the order of [`NAMES`].
    pub fn values(&self) -> [f64; NAMES.len()] {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_by_hand() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        let roll =
            Roll::new(32, vec![note(0, 4, 60), note(4, 4, 62), note(8, 8, 62), note(16, 4, 66), note(24, 8, 79)]);
        let chord: Chord = "C".parse().unwrap();
        let values = Voice::of([(&roll, [chord; 8].as_slice())]).values();
        let wanted = [0.25, 0.25, 0.25, 0.0, 0.25, 2.5, 28.0 / 32.0, 0.8, 0.4, 0.0, 0.0, 0.0, 0.8, 19.0];
        assert!(values.iter().zip(wanted).all(|(value, wanted)| (value - wanted).abs() < 1e-9), "{values:?}");
        assert_eq!(Voice::of([]).values(), [0.0; 14]);
    }
}
