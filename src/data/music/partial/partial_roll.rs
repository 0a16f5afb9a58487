//! A roll of which some notes are given and some cells are free.

use super::CellSet;
use crate::data::music::roll::{Note, PITCHES, Roll};

/// Given notes, and the cells that are free for new ones. No given note sounds in a free cell.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialRoll {
    given: Roll,
    free: CellSet,
}

impl PartialRoll {
    /// Given notes and an area for new ones, of as many steps. The cells in which given notes sound are not free.
    ///
    /// # Panics
    /// If the numbers of steps differ.
    #[track_caller]
    pub fn new(given: Roll, area: &CellSet) -> Self {
        let free = area & &!&CellSet::sounding(&given);
        Self { given, free }
    }

    /// A roll of which the notes that begin in an area are to be written anew.
    ///
    /// # Panics
    /// If the numbers of steps differ.
    #[track_caller]
    pub fn without(roll: &Roll, area: &CellSet) -> Self {
        Self::new(filtered(roll, |note| !area.has(note.pitch, note.start)), area)
    }

    /// Nothing given and everything free.
    pub fn nothing(steps: u32) -> Self {
        Self { given: Roll::new(steps, Vec::new()), free: CellSet::all(steps) }
    }

    /// The given notes.
    pub fn given(&self) -> &Roll {
        &self.given
    }

    /// The cells that are free for new notes.
    pub fn free(&self) -> &CellSet {
        &self.free
    }

    /// Number of steps.
    pub fn steps(&self) -> u32 {
        self.given.steps()
    }

    /// Whether nothing is given and everything is free.
    pub fn is_nothing(&self) -> bool {
        self.given.notes().is_empty() && self.free.len() == PITCHES * self.steps() as usize
    }

    /// The notes of a roll that may be added: those that begin in a free cell, each cut before the first cell that is not.
    pub fn new_notes(&self, roll: &Roll) -> Vec<Note> {
        let cut = |note: &Note| {
            let free = (note.start..note.end()).take_while(|&step| self.free.has(note.pitch, step)).count() as u32;
            (free > 0).then_some(Note { duration: free, ..*note })
        };
        roll.notes().iter().filter_map(cut).collect()
    }

    /// The given notes as they are, with the [`new_notes`](Self::new_notes) of a roll.
    pub fn completed(&self, roll: &Roll) -> Roll {
        let notes = self.given.notes().iter().copied().chain(self.new_notes(roll)).collect();
        self.given.with_notes(self.steps(), notes).marked(true)
    }

    /// Steps `start..start + steps`: nothing is given or free beyond the end. Notes that begin before are left out, and their cells
    /// are not free.
    pub fn window(&self, start: u32, steps: u32) -> Self {
        Self { given: self.given.window(start, steps), free: self.free.window(start, steps) }
    }

    /// All moved by `semitones`. Notes and cells that leave the roll are lost; pitches that enter it are free.
    pub fn shifted(&self, semitones: i32) -> Self {
        let inside = |pitch: u8| (0..PITCHES as i32).contains(&(i32::from(pitch) + semitones));
        let given = filtered(&self.given, |note| inside(note.pitch)).transposed(semitones);
        let entering = !&CellSet::all(self.steps()).shifted(semitones);
        Self { given, free: &self.free.shifted(semitones) | &entering }
    }
}

/// The notes of a roll that `keep` accepts.
fn filtered(roll: &Roll, keep: impl Fn(&Note) -> bool) -> Roll {
    roll.with_notes(roll.steps(), roll.notes().iter().filter(|note| keep(note)).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus;
    use crate::rng::Philox;

    fn note(start: u32, duration: u32, pitch: u8) -> Note {
        Note { start, duration, pitch, velocity: 80 }
    }

    #[test]
    fn new_notes_are_cut_where_cells_are_not_free() {
        let given = Roll::new(32, vec![note(0, 4, 60), note(12, 8, 64)]);
        let partial = PartialRoll::new(given, &CellSet::rectangle(32, 60..=72, 4..24));
        let new = Roll::new(32, vec![note(0, 8, 60), note(4, 4, 60), note(8, 8, 64), note(20, 9, 72), note(5, 2, 59)]);
        assert_eq!(partial.new_notes(&new), [note(4, 4, 60), note(8, 4, 64), note(20, 4, 72)]);
        assert_eq!(partial.completed(&new).notes().len(), 5);
    }

    #[test]
    fn random_areas_of_songs_are_exact() {
        let mut random = Philox::new(4, 0);
        for index in 0..100 {
            let song = corpus::compose(5, index % 10).merged().window(0, 128);
            let other = corpus::compose(6, index % 7).merged().window(64, 128);
            let share = random.uniform();
            let bits: Vec<bool> = (0..128 * 128).map(|_| random.chance(share)).collect();
            let area = CellSet::of(128, |pitch, step| bits[step as usize * 128 + usize::from(pitch)]);
            let partial = PartialRoll::without(&song, &area);
            let whole = partial.completed(&other);
            let is_given = |note: &&Note| partial.given().notes().contains(note);
            assert_eq!(whole.notes().iter().filter(is_given).count(), partial.given().notes().len());
            for new in whole.notes().iter().filter(|note| !is_given(note)) {
                assert!((new.start..new.end()).all(|step| area.has(new.pitch, step)));
            }
        }
    }

    #[test]
    fn nothing_and_everything() {
        let [song, other] = [0, 1].map(|index| corpus::compose(7, index).merged().window(0, 128));
        let kept = PartialRoll::without(&song, &CellSet::none(128));
        assert_eq!(kept.completed(&other).notes(), song.notes());
        let open = PartialRoll::without(&song, &CellSet::all(128));
        assert!(open.is_nothing());
        assert_eq!(open.completed(&other).notes(), other.notes());
    }

    #[test]
    fn windows_and_transpositions_are_those_of_notes_and_cells() {
        let song = corpus::compose(8, 0).merged().window(0, 128);
        let partial = PartialRoll::without(&song, &CellSet::rectangle(128, 60..=72, 16..64));
        let moved = partial.shifted(5);
        let area = &CellSet::rectangle(128, 65..=77, 16..64) | &CellSet::rectangle(128, 0..=4, 0..128);
        assert_eq!(moved, PartialRoll::without(&song.clone().transposed(5), &area));
        assert!(PartialRoll::nothing(128).shifted(-6).is_nothing());
        let window = partial.window(16, 32);
        assert_eq!((window.steps(), window.free().clone()), (32, partial.free().window(16, 32)));
    }
}
