//! Whether music has what was asked for: its key, its chords, its attributes.

use crate::data::music::chord::Chord;
use crate::data::music::key;
use crate::data::music::roll::{Note, STEPS_PER_BEAT};

/// Share of notes in a key (see [`key`]); `None` without notes.
pub fn share_in_key(notes: &[Note], key: usize) -> Option<f64> {
    let inside = key::notes_in(key, &key::pitch_classes(notes));
    (!notes.is_empty()).then(|| f64::from(inside) / notes.len() as f64)
}

/// Share of notes whose pitch class is a tone of the chord of the beat they begin in, `chords` one per beat. Notes without a chord
/// do not count; `None` if no note does.
pub fn share_in_chord(notes: &[Note], chords: &[Chord]) -> Option<f64> {
    let [inside, all] = counts_in_chord(notes, chords);
    (all > 0).then(|| f64::from(inside) / f64::from(all))
}

/// Number of notes in the chord of the beat they begin in, and of all notes where there is a chord.
pub fn counts_in_chord(notes: &[Note], chords: &[Chord]) -> [u32; 2] {
    let with_chord = notes.iter().filter_map(|note| {
        let chord = chords.get((note.start / STEPS_PER_BEAT) as usize).filter(|chord| !chord.is_none())?;
        Some(chord.has(note.pitch.into()))
    });
    with_chord.fold([0, 0], |[inside, all], has| [inside + u32::from(has), all + 1])
}

/// Pearson correlation of what was asked for and what was made, in any units; `None` if one of them does not vary.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (asked, got) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|&(x, y)| of(x - asked, y - got)).sum::<f64>();
    let spread = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    (spread > 0.0).then(|| sum(&|x, y| x * y) / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(notes: &[(u32, u8)]) -> Vec<Note> {
        notes.iter().map(|&(start, pitch)| Note { start, duration: 1, pitch, velocity: 80 }).collect()
    }

    #[test]
    fn notes_are_in_the_key_or_not() {
        let scale = notes(&[(0, 60), (1, 62), (2, 66), (3, 67)]);
        assert_eq!((share_in_key(&scale, 0), share_in_key(&scale, 7)), (Some(0.75), Some(1.0)));
        assert_eq!(share_in_key(&[], 0), None);
    }

    #[test]
    fn notes_are_in_the_chord_of_their_beat() {
        let chords = ["C", "N", "Am"].map(|chord| chord.parse().unwrap());
        let played = notes(&[(0, 60), (3, 65), (4, 61), (8, 69), (11, 72), (12, 60)]);
        assert_eq!(share_in_chord(&played, &chords), Some(0.75));
        assert_eq!(share_in_chord(&notes(&[(4, 60)]), &chords), None);
    }

    #[test]
    fn correlations_by_hand() {
        assert_eq!(correlation(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]), Some(1.0));
        assert_eq!(correlation(&[(0.0, 1.0), (1.0, 0.0)]), Some(-1.0));
        // Deviations -1, 0, 1 and -1, 2, -1.
        assert_eq!(correlation(&[(0.0, 0.0), (1.0, 3.0), (2.0, 0.0)]), Some(0.0));
        assert_eq!((correlation(&[(1.0, 1.0), (1.0, 2.0)]), correlation(&[])), (None, None));
    }
}
