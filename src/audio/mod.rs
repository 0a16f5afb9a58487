//! From notes to sound: a built-in synthesiser or a SoundFont of the same loudness, and .wav and .flac files.
//!
//! ```text
//! Roll or Score -> Vec<TimedNote> (in seconds) -> Instrument::play -> Stereo -> Format::write
//! ```

mod flac;
mod format;
mod instrument;
mod loudness;
mod mend;
mod notes;
mod piano;
mod riff;
mod sound;
mod soundfont;
mod wav;

pub use flac::flac;
pub use format::Format;
pub use instrument::Instrument;
pub use loudness::loudness;
pub use notes::{TimedNote, of_roll, of_score};
pub use sound::{SAMPLE_RATE, Stereo, TAIL};
pub use soundfont::SoundFont;
pub use wav::{PREVIEW_RATE, preview_wav, wav};
