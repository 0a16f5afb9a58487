//! Bass: whether it plays roots on the first beat, and how it leads into the next chord.

use super::features::STEPS_PER_BAR;
use crate::data::music::chord::Chord;
use crate::data::music::roll::{Roll, STEPS_PER_BEAT};

/// Measures of the lowest notes of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bass {
    /// Share of bars that begin with a chord's root as the lowest note of their first step.
    pub root_on_one: f64,
    /// Share of changes of chord into which the bass moves by a step, a fourth or a fifth, in any octave.
    pub leading: f64,
}

/// Names of the measures, in the order of [`Bass::values`].
pub const NAMES: [&str; 2] = ["root on one", "leading bass"];

impl Bass {
    /// Of a window and its chords, one per beat; `None` without a chord at the beginning of a bar or without a change of chord.
    pub fn of(roll: &Roll, chords: &[Chord]) -> Option<Self> {
        let lowest = |from: u32, steps: u32| {
            let notes = roll.notes().iter().filter(move |note| (from..from + steps).contains(&note.start));
            notes.map(|note| note.pitch).min()
        };
        let beat = |index: usize| lowest(index as u32 * STEPS_PER_BEAT, STEPS_PER_BEAT);
        let per_bar = (STEPS_PER_BAR / STEPS_PER_BEAT) as usize;
        let roots: Vec<bool> = (0..chords.len())
            .step_by(per_bar)
            .filter(|&index| !chords[index].is_none())
            .map(|index| {
                let bass = lowest(index as u32 * STEPS_PER_BEAT, 1).map(|pitch| usize::from(pitch) % 12);
                bass.is_some() && bass == chords[index].root()
            })
            .collect();
        let changes = (1..chords.len()).filter(|&index| chords[index] != chords[index - 1] && !chords[index].is_none());
        let leads: Vec<bool> = changes
            .filter_map(|index| {
                let before = (index.saturating_sub(per_bar)..index).rev().find_map(beat)?;
                let interval = (i32::from(beat(index)?) - i32::from(before)).rem_euclid(12);
                Some([1, 2, 5, 7, 10, 11].contains(&interval))
            })
            .collect();
        let share = |of: &[bool]| of.iter().filter(|is| **is).count() as f64 / of.len() as f64;
        (!roots.is_empty() && !leads.is_empty()).then(|| Self { root_on_one: share(&roots), leading: share(&leads) })
    }

    /// All values, in the order of [`NAMES`].
    pub fn values(&self) -> [f64; 2] {
        [self.root_on_one, self.leading]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::chord::Progression;
    use crate::data::music::roll::Note;

    #[test]
    fn a_bass_line_by_hand() {
        let notes = [(0, 36), (12, 38), (16, 40), (33, 41), (48, 43)];
        let notes = notes.map(|(start, pitch)| Note { start, duration: 4, pitch, velocity: 80 });
        let chords = Progression::parse("C C/E F G", 4).unwrap().beats(4).unwrap();
        let bass = Bass::of(&Roll::new(64, notes.to_vec()), &chords).unwrap();
        // C, E under C, F a step late, G; D to E, E to F, F to G.
        assert_eq!((bass.root_on_one, bass.leading), (0.5, 1.0));
        assert_eq!(Bass::of(&Roll::new(64, notes.to_vec()), &[Chord::NONE; 16]), None);
    }
}
