//! Standard MIDI files: bytes to notes in ticks, and rolls to bytes.

mod read;
mod score;
mod write;

pub use read::parse;
pub use score::{Score, Selection, TickNote, Track};
pub use write::{TICKS_PER_BEAT, write, write_tracks};
