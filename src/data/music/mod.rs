//! Music as notes: MIDI files, the grid of beats and steps, piano rolls, bars in columns, keys, chords.

pub mod beats;
pub mod chord;
pub mod columns;
pub mod key;
pub mod melody;
pub mod midi;
pub mod partial;
pub mod pitch;
pub mod roll;
pub mod song_context;
pub mod timing;
pub mod to_c;
pub mod upbeat;
