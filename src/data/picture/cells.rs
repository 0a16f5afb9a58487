//! Cells of a piano roll, as stored in pictures and tensors, and their conversion to notes.

use crate::data::music::roll::{Note, Roll};
use std::ops::RangeInclusive;

/// Smallest intensity of a colour channel that counts as lit.
pub const LIT: u8 = 20;

/// Treatment of an orphaned sustain: one without an onset before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orphans {
    /// Drop it.
    #[default]
    Drop,
    /// Begin a note at it.
    Open,
}

/// Content of a cell of a picture or tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing sounds.
    Empty,
    /// A note begins, with this velocity.
    Onset(u8),
    /// A note continues. The velocity is used only if an orphaned sustain begins a note.
    Sustain(u8),
}

/// The roll of a grid of cells for some pitches; `cell(pitch, step)` returns the content of one.
pub fn read_cells(pitches: RangeInclusive<u8>, steps: u32, orphans: Orphans, cell: impl Fn(u8, u32) -> Cell) -> Roll {
    let mut notes = Vec::new();
    for pitch in pitches {
        let mut sounding: Option<Note> = None;
        for step in 0..steps {
            let begins = match cell(pitch, step) {
                Cell::Onset(velocity) => Some(velocity),
                Cell::Sustain(_) if sounding.is_some() => {
                    sounding = sounding.map(|n| Note { duration: n.duration + 1, ..n });
                    continue;
                }
                Cell::Sustain(velocity) if orphans == Orphans::Open => Some(velocity),
                Cell::Sustain(_) | Cell::Empty => None,
            };
            notes.extend(sounding.take());
            sounding =
                begins.map(|velocity| Note { start: step, duration: 1, pitch, velocity: velocity.clamp(1, 127) });
        }
        notes.extend(sounding);
    }
    Roll::new(steps, notes)
}
