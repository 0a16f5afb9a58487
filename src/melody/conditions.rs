//! What a melody shall be, in the terms of the network.

use super::token::Cell;
use crate::data::music::chord::Chord;

/// Columns of a bar of 4/4.
pub const BAR: usize = 16;
/// Numbers of a bar, and of the window.
pub const BAR_NUMBERS: usize = 2;
pub const WINDOW_NUMBERS: usize = 3;

/// What a melody shall be, in C major or A minor.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The chord of each beat.
    pub chords: Vec<Chord>,
    /// Of each bar: onsets, and mean index of their pitches. `None` is hidden.
    pub bars: Vec<[Option<f32>; BAR_NUMBERS]>,
    /// Of the window: onsets per bar, mean index of their pitches, and share of columns that sound.
    pub window: [Option<f32>; WINDOW_NUMBERS],
}

impl Conditions {
    /// Those that a known melody fulfils.
    pub fn of(cells: &[Cell], chords: Vec<Chord>) -> Self {
        let bars = cells.chunks(BAR).map(onsets_and_register).collect();
        let [onsets, register] = onsets_and_register(cells);
        let per_bar = onsets.map(|onsets| onsets * BAR as f32 / cells.len() as f32);
        let sounding = cells.iter().filter(|cell| **cell != Cell::Silence).count() as f32 / cells.len() as f32;
        Self { chords, bars, window: [per_bar, register, Some(sounding)] }
    }
}

fn onsets_and_register(cells: &[Cell]) -> [Option<f32>; BAR_NUMBERS] {
    let pitches: Vec<usize> = cells.iter().filter_map(|cell| cell.pitch()).collect();
    let mean = (!pitches.is_empty()).then(|| pitches.iter().sum::<usize>() as f32 / pitches.len() as f32);
    [Some(pitches.len() as f32), mean]
}
