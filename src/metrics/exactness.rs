//! Whether a completed roll keeps what was given and writes only where it may.

use std::collections::HashSet;

use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::{Note, Roll};

/// Violations of a partial roll by its completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Violations {
    /// Given notes that are missing, or have another length or velocity.
    pub missing: usize,
    /// Other notes that sound in a cell that is not free.
    pub outside: usize,
}

impl Violations {
    /// Of a completed roll.
    pub fn of(partial: &PartialRoll, completed: &Roll) -> Self {
        let given: HashSet<&Note> = partial.given().notes().iter().collect();
        let (kept, new): (Vec<&Note>, Vec<&Note>) = completed.notes().iter().partition(|note| given.contains(note));
        let is_inside = |note: &&&Note| (note.start..note.end()).all(|step| partial.free().has(note.pitch, step));
        Self { missing: given.len() - kept.len(), outside: new.len() - new.iter().filter(is_inside).count() }
    }

    /// The number of all.
    pub fn total(&self) -> usize {
        self.missing + self.outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::data::music::partial::CellSet;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    #[test]
    fn violations_by_hand() {
        let given = Roll::new(32, vec![note(0, 4, 60), note(24, 4, 64)]);
        let partial = PartialRoll::new(given, &CellSet::rectangle(32, 0..=127, 8..16));
        let of = |notes: &[Note]| {
            let Violations { missing, outside } = Violations::of(&partial, &Roll::new(32, notes.to_vec()));
            (missing, outside)
        };
        assert_eq!(of(&[note(0, 4, 60), note(24, 4, 64), note(8, 8, 72)]), (0, 0));
        // A given note is shortened: it is missing, and another one is where no cell is free.
        assert_eq!(of(&[note(0, 3, 60), note(24, 4, 64)]), (1, 1));
        // A new note goes on for too long, another begins too early.
        assert_eq!(of(&[note(0, 4, 60), note(24, 4, 64), note(12, 5, 72), note(7, 2, 40)]), (0, 2));
        let louder = Note { velocity: 81, ..note(24, 4, 64) };
        assert_eq!(of(&[note(0, 4, 60), louder]), (1, 1));
    }

    #[test]
    fn a_completion_has_none() {
        let [song, other] = [0, 1].map(|index| corpus::compose(1, index).merged().window(0, 128));
        let partial = PartialRoll::without(&song, &CellSet::rectangle(128, 0..=127, 32..64));
        assert_eq!(Violations::of(&partial, &partial.completed(&other)).total(), 0);
        assert!(Violations::of(&partial, &other).total() > 0);
    }
}
