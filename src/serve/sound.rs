//! Notes of the program's own synthesiser, for the page to play.

use crate::audio::{Instrument, TimedNote, preview_wav};
use crate::error::{Error, Result};

/// Seconds that a string is held, and its velocity.
const HELD: f64 = 3.0;
const VELOCITY: u8 = 100;

/// A pitch's sound as a .wav file of one channel.
///
/// # Errors
/// A failure of the synthesiser.
pub fn string(pitch: u8) -> Result<Vec<u8>> {
    let note = TimedNote { start: 0.0, duration: HELD, pitch, velocity: VELOCITY };
    let sound = Instrument::Piano.play(&[note])?;
    preview_wav(&sound).map_err(Error::data)
}
