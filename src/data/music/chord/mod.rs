//! Chords: twelve pitch classes that sound or not, and the class of the bass.
//!
//! ```text
//! notes -> recognise -> Chord -> name   "Am7", "C/E", "N"
//! text  -> symbol, progression -> Chord
//! ```

mod name;
mod progression;
mod quality;
mod recognise;
mod spelling;
mod symbol;
mod tones;

pub use progression::Progression;
pub use recognise::recognise;
pub use tones::Chord;
