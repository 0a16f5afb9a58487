//! One note at a time.

use crate::data::music::roll::Note;

/// The upper voice: the highest of the notes that begin together, unless a higher one still sounds, each cut where the next one
/// begins. The notes are sorted by start and pitch.
pub fn monophonic(notes: &[Note]) -> Vec<Note> {
    let mut melody: Vec<Note> = Vec::new();
    for together in notes.chunk_by(|a, b| a.start == b.start) {
        let highest = together[together.len() - 1];
        match melody.last_mut() {
            Some(before) if before.end() > highest.start && before.pitch > highest.pitch => continue,
            Some(before) => before.duration = before.duration.min(highest.start - before.start),
            None => {}
        }
        melody.push(highest);
    }
    melody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_notes_follow_each_other() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        let notes = [note(0, 8, 60), note(0, 5, 67), note(2, 2, 50), note(4, 4, 72), note(9, 2, 55)];
        assert_eq!(monophonic(&notes), [note(0, 4, 67), note(4, 4, 72), note(9, 2, 55)]);
        assert_eq!(monophonic(&[]), []);
    }
}
