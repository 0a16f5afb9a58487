//! Music in columns of 16 steps, one per bar, as the networks know it.
//!
//! A bar of 4/4 is a column. A shorter bar is at the start of a column, whose other steps are a gap, in which nothing begins; an
//! incomplete first bar is at the end of one. Two bars in succession of the same length, at most 8 steps, share a column: two of
//! 2/4, two of 3/8. A longer bar than a column takes several, in parts of whole beats that are as equal as they can be: 12/8 is 12
//! and 12 steps, 9/8 is 12 and 6, 5/4 is 12 and 8.

use super::partial::CellSet;
use super::roll::{Note, Roll, STEPS_PER_BEAT};
use std::ops::Range;

/// Steps of a column: a bar of 4/4.
pub const COLUMN: u32 = 16;

/// Steps of a beat of 6/8, 9/8 and 12/8.
const DOTTED_QUARTER: u32 = 6;

/// A part of the music of at most 16 steps, and its place in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// Its first step in the music.
    start: u32,
    /// Its length.
    steps: u32,
    /// Steps of the column before it.
    offset: u32,
}

/// Bars of any length, and the columns that they take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// First steps of the bars, followed by the end of the last.
    bars: Vec<u32>,
    /// The first column of each bar, followed by the number of columns.
    firsts: Vec<usize>,
    /// One per column, in order and without gaps.
    parts: Vec<Part>,
}

impl Columns {
    /// The columns of bars with these first steps, of which the last is the end of the last bar.
    ///
    /// # Panics
    /// If `bars` is empty, or its steps do not increase.
    #[track_caller]
    pub fn of(bars: &[u32]) -> Self {
        assert!(!bars.is_empty() && bars.is_sorted_by(|a, b| a < b), "the bars {bars:?}");
        let lengths: Vec<u32> = bars.windows(2).map(|bar| bar[1] - bar[0]).collect();
        let mut columns = Self { bars: bars.to_vec(), firsts: Vec::new(), parts: Vec::new() };
        let mut joined = false;
        for (bar, &steps) in lengths.iter().enumerate() {
            joined = !joined && bar > 0 && steps <= COLUMN / 2 && lengths[bar - 1] == steps && !columns.has_upbeat(bar);
            match columns.parts.last_mut() {
                Some(part) if joined => part.steps += steps,
                _ => columns.push(bars[bar], steps),
            }
            let is_upbeat = bar == 0 && lengths.get(1).is_some_and(|&next| steps < next && next <= COLUMN);
            if let ([part], true) = (&mut columns.parts[..], is_upbeat) {
                part.offset = COLUMN - steps;
            }
            columns.firsts.push(columns.parts.len() - split(steps).len());
        }
        columns.firsts.push(columns.parts.len());
        columns
    }

    /// Whether the bar before is an incomplete first one.
    fn has_upbeat(&self, bar: usize) -> bool {
        bar == 1 && self.parts[0].offset > 0
    }

    /// Adds the columns of a bar.
    fn push(&mut self, start: u32, steps: u32) {
        let mut at = start;
        for steps in split(steps) {
            self.parts.push(Part { start: at, steps, offset: 0 });
            at += steps;
        }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Number of bars.
    pub fn bars(&self) -> usize {
        self.bars.len() - 1
    }

    /// The steps of a bar in the music.
    pub fn bar(&self, bar: usize) -> Range<u32> {
        self.bars[bar]..self.bars[bar + 1]
    }

    /// The columns of a bar: one unless it is longer than a column. Two bars may share it.
    pub fn of_bar(&self, bar: usize) -> Range<usize> {
        self.firsts[bar]..self.firsts[bar] + split(self.bar(bar).len() as u32).len()
    }

    /// The bar that sounds at a step of a column; `None` in a gap.
    pub fn bar_at(&self, column: usize, step: u32) -> Option<usize> {
        let part = self.parts.get(column)?;
        let at = step.checked_sub(part.offset).filter(|&at| at < part.steps)? + part.start;
        self.bars.partition_point(|&start| start <= at).checked_sub(1)
    }

    /// Steps of the music.
    pub fn steps(&self) -> u32 {
        self.bars[self.bars.len() - 1]
    }

    /// Steps of all columns.
    pub fn column_steps(&self) -> u32 {
        self.parts.len() as u32 * COLUMN
    }

    /// The step in the columns of a step of the music; `None` before the first bar and after the last.
    pub fn to_column(&self, step: u32) -> Option<u32> {
        let column = self.parts.partition_point(|part| part.start <= step).checked_sub(1)?;
        let part = self.parts[column];
        let at = step - part.start;
        (at < part.steps).then_some(column as u32 * COLUMN + part.offset + at)
    }

    /// The step of the music of a step in the columns; `None` in a gap and after the last column.
    pub fn to_music(&self, step: u32) -> Option<u32> {
        let part = self.parts.get((step / COLUMN) as usize)?;
        let at = (step % COLUMN).checked_sub(part.offset)?;
        (at < part.steps).then_some(part.start + at)
    }

    /// A roll in columns. A note that sounds across the end of a bar also sounds through the gap.
    pub fn arrange(&self, roll: &Roll) -> Roll {
        let note = |note: &Note| {
            let (start, last) = (self.to_column(note.start)?, self.to_column(note.end().min(self.steps()) - 1)?);
            Some(Note { start, duration: last + 1 - start, ..*note })
        };
        roll.with_notes(self.column_steps(), roll.notes().iter().filter_map(note).collect())
    }

    /// The roll that was arranged in columns. Notes that begin in a gap are dropped, those that end in one end with their bar.
    pub fn restore(&self, roll: &Roll) -> Roll {
        let note = |note: &Note| {
            let start = self.to_music(note.start)?;
            let last = (note.start..note.end()).rev().find_map(|step| self.to_music(step))?;
            Some(Note { start, duration: last + 1 - start, ..*note })
        };
        roll.with_notes(self.steps(), roll.notes().iter().filter_map(note).collect())
    }

    /// Cells in columns. Cells in a gap are not in the set.
    pub fn cells(&self, cells: &CellSet) -> CellSet {
        let mut columns = CellSet::none(self.column_steps());
        for step in 0..self.column_steps() {
            if let Some(from) = self.to_music(step) {
                columns.set_step(step, cells, from);
            }
        }
        columns
    }
}

/// The steps of a bar in each of its columns. A beat is a dotted quarter where these divide the bar, else a quarter, else a step.
fn split(bar: u32) -> Vec<u32> {
    if bar <= COLUMN {
        return vec![bar];
    }
    let beat = [DOTTED_QUARTER, STEPS_PER_BEAT].into_iter().find(|&beat| bar.is_multiple_of(beat)).unwrap_or(1);
    let beats = bar / beat;
    let columns = beats.div_ceil(COLUMN / beat);
    (0..columns).map(|column| beat * (beats / columns + u32::from(column < beats % columns))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Philox;

    fn note(start: u32, duration: u32) -> Note {
        Note { start, duration, pitch: 60, velocity: 80 }
    }

    /// The first steps of bars of these lengths.
    fn bars(lengths: &[u32]) -> Vec<u32> {
        let mut bars = vec![0];
        lengths.iter().for_each(|length| bars.push(bars[bars.len() - 1] + length));
        bars
    }

    fn arranged(lengths: &[u32], notes: &[Note]) -> Vec<(u32, u32)> {
        let columns = Columns::of(&bars(lengths));
        let roll = Roll::new(columns.steps(), notes.to_vec());
        let arranged = columns.arrange(&roll);
        assert_eq!(columns.restore(&arranged), roll);
        arranged.notes().iter().map(|note| (note.start, note.duration)).collect()
    }

    #[test]
    fn bars_of_4_4_are_columns() {
        let roll = crate::data::corpus::compose(0, 0).merged();
        let columns = Columns::of(&bars(&vec![16; roll.steps() as usize / 16]));
        assert_eq!(columns.arrange(&roll), roll);
        assert_eq!(columns.len() as u32, roll.steps() / 16);
    }

    #[test]
    fn bars_of_3_4_leave_a_gap_that_notes_sound_through() {
        assert_eq!(arranged(&[12, 12, 12], &[note(0, 12), note(12, 15), note(34, 2)]), [(0, 12), (16, 19), (42, 2)]);
    }

    #[test]
    fn short_bars_share_a_column() {
        assert_eq!(arranged(&[8, 8, 8], &[note(7, 2), note(16, 8)]), [(7, 2), (16, 8)]);
        let columns = Columns::of(&bars(&[8, 8, 8, 16, 6, 6]));
        assert_eq!(columns.len(), 4);
        assert_eq!((0..6).map(|bar| columns.of_bar(bar).start).collect::<Vec<_>>(), [0, 0, 1, 2, 3, 3]);
        assert_eq!((columns.bar_at(0, 8), columns.bar_at(3, 6), columns.bar_at(3, 12)), (Some(1), Some(5), None));
    }

    #[test]
    fn an_incomplete_first_bar_ends_its_column() {
        assert_eq!(arranged(&[4, 16, 16], &[note(0, 4), note(4, 4)]), [(12, 4), (16, 4)]);
        assert_eq!(arranged(&[4, 8, 8, 8], &[note(0, 4), note(4, 4), note(12, 4)]), [(12, 4), (16, 4), (24, 4)]);
    }

    #[test]
    fn a_long_bar_takes_several_columns() {
        assert_eq!(arranged(&[20, 16], &[note(0, 18), note(20, 4)]), [(0, 22), (32, 4)]);
        assert_eq!(
            [18, 20, 24, 28, 30, 17].map(split),
            [vec![12, 6], vec![12, 8], vec![12, 12], vec![16, 12], vec![12, 12, 6], vec![9, 8]]
        );
        assert_eq!(Columns::of(&bars(&[20, 16, 40])).of_bar(2), 3..6);
    }

    #[test]
    fn random_bars_and_rolls_are_restored() {
        let mut random = Philox::new(9, 0);
        for _ in 0..300 {
            let lengths: Vec<u32> = (0..random.between(1, 9)).map(|_| random.between(1, 40) as u32).collect();
            let columns = Columns::of(&bars(&lengths));
            let notes = (0..60).map(|_| {
                let (start, duration) = (random.below(columns.steps() as usize) as u32, random.between(1, 40) as u32);
                Note { start, duration, pitch: random.below(128) as u8, velocity: 80 }
            });
            let roll = Roll::new(columns.steps(), notes.collect());
            let arranged = columns.arrange(&roll);
            assert_eq!(columns.restore(&arranged), roll, "{lengths:?}");
            let cells = columns.cells(&CellSet::sounding(&roll));
            assert_eq!(cells.len(), roll.lit_cells());
            assert!((&cells & &!&CellSet::sounding(&arranged)).is_empty());
            for bar in 0..columns.bars() {
                let first = columns.of_bar(bar).start;
                assert!((0..COLUMN).any(|step| columns.bar_at(first, step) == Some(bar)), "{lengths:?}");
            }
        }
    }
}
