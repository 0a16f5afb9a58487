//! New notes that reach both ends of the register asked for.
//!
//! Where the flow leaves an end of the register silent, the decoder's logits there are those of silence: no threshold finds a note. But
//! nearly always the pitch class of the end is among the new notes. So one of these changes its octave, and keeps its pitch class, its place
//! and its duration.

use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// Semitones from an end within which it counts as reached.
const NEAR: i32 = 4;
const OCTAVE: i32 = 12;
/// The ends of a piano, which leave that end of the register open, and so do pitches beyond them.
const PIANO: [i32; 2] = [21, 108];

/// The new notes of a roll, both ends of the register [reached](reach) if possible.
pub fn reaching(roll: &Roll, partial: Option<&PartialRoll>, register: &RangeInclusive<u8>) -> Roll {
    let mut notes = partial.map_or_else(|| roll.notes().to_vec(), |partial| partial.new_notes(roll));
    reach(&mut notes, register, |pitch, step| partial.is_none_or(|partial| partial.free().has(pitch, step)));
    roll.with_notes(roll.steps(), notes)
}

/// Moves one note down an octave if no note is near the lowest pitch of a register, and one up if none is near the highest. It is the lowest
/// or the highest of those that begin with it, and becomes near the end; if several can, on a strong beat rather than exactly at the end.
/// `is_free(pitch, step)` says where notes may sound.
fn reach(notes: &mut [Note], register: &RangeInclusive<u8>, is_free: impl Fn(u8, u32) -> bool) {
    let [lowest, highest] = [*register.start(), *register.end()].map(i32::from);
    for (end, other, sign) in [(lowest, highest, -1), (highest, lowest, 1)] {
        // Semitones from a pitch outwards to the end.
        let distance = |pitch: u8| sign * (end - i32::from(pitch));
        let is_open = end <= PIANO[0] || end >= PIANO[1];
        if is_open || notes.iter().any(|note| distance(note.pitch) <= NEAR) {
            continue;
        }
        let moved = |note: &Note| Note { pitch: (i32::from(note.pitch) + sign * OCTAVE) as u8, ..*note };
        let is_outer = |note: &Note| {
            let inside = |other: &Note| other.start != note.start || distance(other.pitch) >= distance(note.pitch);
            notes.iter().all(inside)
        };
        let fits = |note: &Note| {
            (0..=NEAR).contains(&(distance(note.pitch) - OCTAVE))
                && (i32::from(note.pitch) - other).abs() > NEAR
                && is_outer(note)
                && (note.start..note.end()).all(|step| is_free(moved(note).pitch, step))
        };
        // The zeros at the end of a step's number say how strong it is: four at the beginning of a bar, two on a beat.
        let cost = |note: &Note| distance(note.pitch) - note.start.trailing_zeros().min(4) as i32;
        let chosen = (0..notes.len()).filter(|&index| fits(&notes[index]));
        let chosen = chosen.min_by_key(|&index| (cost(&notes[index]), Reverse(notes[index].duration)));
        if let Some(index) = chosen {
            notes[index] = moved(&notes[index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    /// The notes as they are after, with all cells free.
    fn reached(mut notes: Vec<Note>, register: RangeInclusive<u8>) -> Vec<Note> {
        reach(&mut notes, &register, |_, _| true);
        notes
    }

    /// A bar of two chords with a passing note.
    fn bar() -> Vec<Note> {
        vec![
            note(0, 4, 45),
            note(0, 4, 60),
            note(0, 4, 64),
            note(5, 1, 62),
            note(8, 8, 43),
            note(8, 8, 59),
            note(8, 8, 62),
        ]
    }

    #[test]
    fn a_register_that_is_reached_changes_nothing() {
        assert_eq!(reached(bar(), 43..=64), bar());
        assert_eq!(reached(bar(), 39..=68), bar());
        assert_eq!(reached(Vec::new(), 30..=90), []);
    }

    #[test]
    fn an_outer_note_on_a_strong_beat_changes_its_octave() {
        let mut expected = bar();
        // 45 - 12 would be on the first beat, which is worth one semitone; but it is two above what is asked.
        expected[4].pitch = 31;
        expected[2].pitch = 76;
        assert_eq!(reached(bar(), 31..=76), expected);
        // The middle notes of the chords are near enough, but not outer.
        assert_eq!(reached(bar(), 43..=72), bar());
        // The passing note would do too, but is on a weak step.
        let high = reached(bar(), 43..=78);
        assert_eq!((high[2].pitch, high[3].pitch), (76, 62));
    }

    #[test]
    fn only_free_cells_are_used() {
        let is_free = |pitch: u8, step: u32| pitch != 31 || step < 12;
        let mut notes = bar();
        reach(&mut notes, &(31..=64), is_free);
        let mut expected = bar();
        expected[0].pitch = 33;
        assert_eq!(notes, expected);
        let mut notes = bar();
        reach(&mut notes, &(31..=64), |pitch, _| pitch > 40);
        assert_eq!(notes, bar(), "a fill without a note that fits stays as it is");
    }

    #[test]
    fn an_end_of_the_piano_is_open() {
        let low = vec![note(0, 4, 34), note(0, 4, 60)];
        assert_eq!(reached(low.clone(), 21..=64), low);
        assert_eq!(reached(low, 22..=64)[0].pitch, 22);
    }

    #[test]
    fn the_other_end_stays_reached() {
        let voice = vec![note(0, 4, 60), note(4, 4, 67), note(8, 8, 65)];
        assert_eq!(reached(voice.clone(), 60..=72), voice);
    }
}
