//! A set of cells of a roll.

use std::ops::{BitAnd, BitOr, Not, Range, RangeInclusive};

use crate::data::music::roll::{PITCHES, Roll};

/// Cells of a roll of some steps, as one bit per pitch for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSet {
    columns: Vec<u128>,
}

impl CellSet {
    /// No cell.
    pub fn none(steps: u32) -> Self {
        Self { columns: vec![0; steps as usize] }
    }

    /// Every cell.
    pub fn all(steps: u32) -> Self {
        Self { columns: vec![u128::MAX; steps as usize] }
    }

    /// Some pitches at some steps, of which those beyond the last are left out.
    pub fn rectangle(steps: u32, pitches: RangeInclusive<u8>, span: Range<u32>) -> Self {
        Self::rectangles(steps, [(pitches, span)])
    }

    /// Some pitches at some steps, several times. Steps beyond the last are left out.
    pub fn rectangles(steps: u32, all: impl IntoIterator<Item = (RangeInclusive<u8>, Range<u32>)>) -> Self {
        let mut cells = Self::none(steps);
        for (pitches, span) in all {
            let column =
                pitches.filter(|&pitch| usize::from(pitch) < PITCHES).fold(0, |bits, pitch| bits | 1u128 << pitch);
            let (start, end) = (span.start.min(steps) as usize, span.end.min(steps) as usize);
            cells.columns[start..end.max(start)].iter_mut().for_each(|bits| *bits |= column);
        }
        cells
    }

    /// All pitches of one of the twelve classes that `has` accepts.
    pub fn pitch_classes(steps: u32, has: impl Fn(usize) -> bool) -> Self {
        let column = (0..PITCHES).filter(|pitch| has(pitch % 12)).fold(0, |bits, pitch| bits | 1u128 << pitch);
        Self { columns: vec![column; steps as usize] }
    }

    /// The cells in which notes of a roll sound.
    pub fn sounding(roll: &Roll) -> Self {
        let mut cells = Self::none(roll.steps());
        for note in roll.notes() {
            cells.columns[note.start as usize..note.end() as usize].iter_mut().for_each(|c| *c |= 1 << note.pitch);
        }
        cells
    }

    /// The cells in which notes of a roll begin.
    pub fn of_onsets(roll: &Roll) -> Self {
        let mut cells = Self::none(roll.steps());
        roll.notes().iter().for_each(|note| cells.add(note.pitch, note.start));
        cells
    }

    /// The cells for which `has(pitch, step)` is true.
    pub fn of(steps: u32, has: impl Fn(u8, u32) -> bool) -> Self {
        let bits = |step| (0..PITCHES as u8).filter(|&pitch| has(pitch, step)).fold(0, |bits, pitch| bits | 1 << pitch);
        Self { columns: (0..steps).map(bits).collect() }
    }

    /// Number of steps.
    pub fn steps(&self) -> u32 {
        self.columns.len() as u32
    }

    /// Whether the cell is in the set; none beyond the last step is.
    pub fn has(&self, pitch: u8, step: u32) -> bool {
        self.columns.get(step as usize).is_some_and(|column| column >> pitch & 1 == 1)
    }

    /// Adds a cell.
    ///
    /// # Panics
    /// If it is beyond the last step.
    #[track_caller]
    pub fn add(&mut self, pitch: u8, step: u32) {
        self.columns[step as usize] |= 1 << pitch;
    }

    /// Takes the cells of a step from those of step `from` of another set.
    ///
    /// # Panics
    /// If one of the steps is beyond the last.
    #[track_caller]
    pub fn set_step(&mut self, step: u32, other: &Self, from: u32) {
        self.columns[step as usize] = other.columns[from as usize];
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.columns.iter().map(|column| column.count_ones() as usize).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|&column| column == 0)
    }

    /// Steps `start..start + steps`, with none beyond the last.
    pub fn window(&self, start: u32, steps: u32) -> Self {
        let column = |step: u32| start.checked_add(step).and_then(|at| self.columns.get(at as usize)).copied();
        Self { columns: (0..steps).map(|step| column(step).unwrap_or(0)).collect() }
    }

    /// Every cell moved by `semitones`; those that leave the roll are lost.
    pub fn shifted(&self, semitones: i32) -> Self {
        let by = semitones.unsigned_abs();
        let moved = |column: &u128| if semitones < 0 { column.checked_shr(by) } else { column.checked_shl(by) };
        Self { columns: self.columns.iter().map(|column| moved(column).unwrap_or(0)).collect() }
    }

    /// Combines two sets of as many steps.
    #[track_caller]
    fn zip(&self, other: &Self, combine: impl Fn(u128, u128) -> u128) -> Self {
        assert_eq!(self.columns.len(), other.columns.len(), "sets of cells of different lengths");
        Self { columns: self.columns.iter().zip(&other.columns).map(|(&a, &b)| combine(a, b)).collect() }
    }
}

impl BitAnd for &CellSet {
    type Output = CellSet;

    /// The cells of both; they have as many steps.
    fn bitand(self, other: Self) -> CellSet {
        self.zip(other, |a, b| a & b)
    }
}

impl BitOr for &CellSet {
    type Output = CellSet;

    /// The cells of either; they have as many steps.
    fn bitor(self, other: Self) -> CellSet {
        self.zip(other, |a, b| a | b)
    }
}

impl Not for &CellSet {
    type Output = CellSet;

    /// All other cells.
    fn not(self) -> CellSet {
        CellSet { columns: self.columns.iter().map(|column| !column).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::roll::Note;

    #[test]
    fn sets_are_combined() {
        let bar = CellSet::rectangle(32, 0..=127, 16..32);
        let band = CellSet::rectangle(32, 60..=71, 0..40);
        let both = &bar & &band;
        assert_eq!((bar.len(), band.len(), both.len()), (16 * 128, 12 * 32, 12 * 16));
        assert_eq!((&bar | &band).len(), bar.len() + band.len() - both.len());
        assert!(both.has(60, 16) && !both.has(59, 16) && !both.has(60, 15) && !both.has(60, 32));
        assert!((&!&both & &both).is_empty() && (&!&both | &both) == CellSet::all(32));
        assert_eq!(CellSet::pitch_classes(2, |class| class == 0).len(), 2 * 11);
    }

    #[test]
    fn sets_are_cut_and_moved() {
        let cells = CellSet::rectangle(32, 100..=127, 8..16);
        assert_eq!(cells.window(8, 4), CellSet::rectangle(4, 100..=127, 0..4));
        assert_eq!(cells.window(12, 32).len(), 4 * 28);
        assert_eq!(cells.shifted(20), CellSet::rectangle(32, 120..=127, 8..16));
        assert_eq!(cells.shifted(-100), CellSet::rectangle(32, 0..=27, 8..16));
        assert!(cells.shifted(128).is_empty());
    }

    #[test]
    fn notes_sound_in_their_cells() {
        let note = |start, duration, pitch| Note { start, duration, pitch, velocity: 80 };
        let cells = CellSet::sounding(&Roll::new(16, vec![note(0, 4, 60), note(14, 9, 127)]));
        assert_eq!(cells, CellSet::of(16, |pitch, step| (pitch == 60 && step < 4) || (pitch == 127 && step >= 14)));
    }
}
