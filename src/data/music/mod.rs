//! Music as notes: MIDI files, beats and time signatures, notes on the grid, keys.

pub mod beats;
pub mod key;
pub mod midi;
pub mod roll;
