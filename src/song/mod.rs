//! A user's song, of which a part is written anew and all else is kept.
//!
//! ```text
//! bytes -> SongFile (every event; notes on the grid; bars in columns)
//!             |  Area: bars, pitches, a mask, tracks -> cells
//!             v
//!          rewrite: windows of 8 columns -> PartialRoll, chords, key -> generator -> new notes
//!             v
//!          write -> bytes: the events of the song, and a track of the new notes
//! ```
//!
//! A song may be edited before: [`SongFile::edited`].
//!
//! The generator is a function that the caller gives, so that this room needs no network.

mod area;
mod bar_list;
mod bars;
mod edits;
mod harmony;
mod monophonic;
mod new_track;
mod passage;
mod rewrite;
mod rewriting;
mod song_file;
mod source;
mod tracks;
mod window_request;
mod windows;
mod write;

pub use area::Area;
pub use bar_list::BarList;
pub use edits::Edits;
pub use harmony::Harmony;
pub use monophonic::monophonic;
pub use new_track::NAME;
pub use passage::Known;
pub use rewrite::Rewrite;
pub use rewriting::rewrite;
pub use song_file::{SongFile, SongNote};
pub use window_request::{WINDOW_STEPS, WindowRequest};
pub use windows::{WINDOW, Window, plan};
pub use write::{surroundings, write, written_bars};
