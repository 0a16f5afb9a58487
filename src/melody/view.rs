//! A melody as it is known where a token is drawn: all before it, and after it what is given.

use std::ops::Range;

use super::conditions::BAR;
use super::token::Cell;

/// What is known at a column.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// All cells. Those that are not known are never looked at.
    pub cells: &'a [Cell],
    /// Whether each cell is given.
    pub given: &'a [bool],
    /// The column of which a token is drawn.
    pub column: usize,
}

/// Silence, hold, onset, and beyond the window.
pub const RHYTHM_STATES: usize = 4;

impl View<'_> {
    fn is_known(&self, column: usize) -> bool {
        column < self.column || self.given[column]
    }

    /// The state of the rhythm so many columns on: `None` if it is not known.
    pub fn rhythm(&self, by: isize) -> Option<usize> {
        match self.column.checked_add_signed(by).filter(|&column| column < self.cells.len()) {
            None => Some(RHYTHM_STATES - 1),
            Some(column) => self.cells[column].rhythm().filter(|_| self.is_known(column)),
        }
    }

    /// The pitch of an onset so many columns on, if there is one and its pitch is known.
    pub fn pitch(&self, by: isize) -> Option<usize> {
        let column = self.column.checked_add_signed(by).filter(|&column| column < self.cells.len())?;
        self.cells[column].pitch().filter(|_| self.is_known(column))
    }

    /// Columns and pitches of the notes before, the nearest first.
    pub fn before(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.column).rev().filter_map(|column| Some((column, self.cells[column].pitch()?)))
    }

    /// The share of the `count` columns before this one whose rhythm is that of `lag` columns before; `None` if the window does not reach
    /// so far.
    pub fn alike(&self, count: usize, lag: usize) -> Option<f32> {
        self.alike_in(self.column.checked_sub(count)?..self.column, lag)
    }

    /// The share of some columns whose rhythm is that of `lag` columns before.
    pub fn alike_in(&self, columns: Range<usize>, lag: usize) -> Option<f32> {
        let count = columns.len();
        columns.start.checked_sub(lag).filter(|_| count > 0 && columns.end <= self.cells.len())?;
        let equal = columns.filter(|&column| self.cells[column].rhythm() == self.cells[column - lag].rhythm()).count();
        Some(equal as f32 / count as f32)
    }

    /// The share of the notes in the `count` columns before this one that begin `lag` columns before too, with the same pitch.
    pub fn repeated(&self, count: usize, lag: usize) -> Option<f32> {
        let first = self.column.saturating_sub(count).max(lag);
        let (mut notes, mut equal) = (0, 0);
        for column in first..self.column {
            if let Some(pitch) = self.cells[column].pitch() {
                notes += 1;
                equal += usize::from(self.cells[column - lag].pitch() == Some(pitch));
            }
        }
        (notes > 0).then(|| equal as f32 / notes as f32)
    }

    /// The number of onsets before, from the first column of a bar so many bars before on, within that bar.
    pub fn onsets(&self, bars: usize) -> Option<usize> {
        let first = (self.column / BAR).checked_sub(bars)? * BAR;
        let end = (first + BAR).min(self.column);
        Some(self.cells[first..end].iter().filter(|cell| matches!(cell, Cell::Onset(_))).count())
    }
}
