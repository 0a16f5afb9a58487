//! From notes to sound: a built-in synthesiser or a SoundFont, and .wav files.
//!
//! ```text
//! Roll or Score -> Vec<TimedNote> (in seconds) -> Instrument::play -> Stereo -> write_wav
//! ```

mod instrument;
mod mend;
mod notes;
mod piano;
mod riff;
mod sound;
mod soundfont;
mod wav;

pub use instrument::Instrument;
pub use notes::{TimedNote, of_roll, of_score};
pub use sound::{SAMPLE_RATE, Stereo, TAIL};
pub use soundfont::SoundFont;
pub use wav::{PREVIEW_RATE, preview_wav, wav, write_wav};
