//! How alike the velocities of a note and its repetition are.

use std::collections::HashMap;

use super::features::STEPS_PER_BAR;
use crate::data::music::roll::Note;

/// Mean absolute difference of velocity between a note and the next one of the same pitch, place in its bar and duration; `None` if
/// no note is repeated so.
pub fn repeated_difference(notes: &[Note]) -> Option<f64> {
    let mut latest = HashMap::new();
    let (mut sum, mut count) = (0.0, 0);
    for note in notes {
        let kind = (note.pitch, note.start % STEPS_PER_BAR, note.duration);
        if let Some(earlier) = latest.insert(kind, note.velocity) {
            sum += f64::from(note.velocity.abs_diff(earlier));
            count += 1;
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_note_is_compared() {
        let note = |start, duration, velocity| Note { start, duration, pitch: 60, velocity };
        assert_eq!(
            repeated_difference(&[note(0, 2, 80), note(4, 2, 10), note(16, 2, 90), note(32, 2, 70)]),
            Some(15.0)
        );
        assert_eq!(repeated_difference(&[note(0, 2, 80), note(16, 1, 90), note(36, 2, 20)]), None);
    }
}
