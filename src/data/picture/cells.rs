//! Cells of a piano roll, as pictures and tensors hold them, read back into notes.

use crate::data::music::roll::{Note, PITCHES, Roll};

/// What to do with a sustain that no note leads up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orphans {
    /// It is dropped.
    #[default]
    Drop,
    /// It opens a note.
    Open,
}

/// What a cell of a picture or tensor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing sounds.
    Empty,
    /// A note of this velocity begins.
    Onset(u8),
    /// The note goes on; the velocity counts only if an orphan opens a note.
    Sustain(u8),
}

/// The roll of a grid of cells, asked for by (pitch, step).
pub fn read_cells(steps: u32, orphans: Orphans, cell: impl Fn(u8, u32) -> Cell) -> Roll {
    let mut notes = Vec::new();
    for pitch in 0..PITCHES as u8 {
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
