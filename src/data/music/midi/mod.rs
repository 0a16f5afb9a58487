//! Standard MIDI files: bytes to notes in ticks, and rolls to bytes.
//!
//! ```text
//! chunks (header, extents of tracks) -> events (bytes) -> sounding (notes) -> read -> Score
//! Roll -> write
//! bytes -> Document (every event, and which of them are notes) -> bytes
//! ```
//!
//! Files of other programs often violate the format. What can be understood is read; the rest is refused with the offset of the
//! byte and what was expected there.

mod bytes;
mod chunks;
mod document;
mod encodings;
mod events;
mod names;
mod read;
mod score;
mod sounding;
mod write;

pub use chunks::is_midi;
pub use document::{Document, DocumentNote, TickEvent};
pub use names::Name;
pub use read::parse;
pub use score::{Score, Selection, TickNote, Track};
pub use write::{TICKS_PER_BEAT, write, write_timed, write_tracks};
