//! Stray notes: onsets far from all others.

use crate::data::music::roll::Note;

/// Semitones within which another onset is near.
const PITCHES: u8 = 12;
/// Steps within which another onset is near: half a bar.
const STEPS: u32 = 8;

/// Share of notes with no other onset within an octave and half a bar; 0 without notes. `notes` are sorted by start.
pub fn share_stray(notes: &[Note]) -> f64 {
    let near = |a: &Note, b: &Note| a.start.abs_diff(b.start) <= STEPS && a.pitch.abs_diff(b.pitch) <= PITCHES;
    let stray = |&index: &usize| {
        let note = &notes[index];
        let first = notes.partition_point(|other| other.start + STEPS < note.start);
        let close = notes[first..].iter().take_while(|other| other.start <= note.start + STEPS);
        close.filter(|other| near(note, other)).count() <= 1
    };
    (0..notes.len()).filter(stray).count() as f64 / notes.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_far_in_time_or_pitch_are_stray() {
        let notes = |notes: &[(u32, u8)]| -> Vec<Note> {
            notes.iter().map(|&(start, pitch)| Note { start, duration: 1, pitch, velocity: 80 }).collect()
        };
        assert_eq!(share_stray(&notes(&[(0, 60), (8, 72), (17, 72), (17, 40)])), 0.5);
        assert_eq!(share_stray(&notes(&[(0, 60), (0, 73)])), 1.0);
        assert_eq!(share_stray(&notes(&[])), 0.0);
    }
}
