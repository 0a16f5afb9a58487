//! Notes of the program's own synthesiser, for the page to play.

use std::sync::OnceLock;

use axum::body::Bytes;

use crate::audio::{Instrument, TimedNote, preview_wav};
use crate::data::music::roll::PITCHES;
use crate::error::{Error, Result};

/// Seconds that a string is held, and its velocity.
const HELD: f64 = 3.0;
const VELOCITY: u8 = 100;

/// A sound per pitch, rendered when it is first asked for.
pub struct Strings {
    rendered: Vec<OnceLock<Bytes>>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { rendered: (0..PITCHES).map(|_| OnceLock::new()).collect() }
    }
}

impl Strings {
    /// A pitch's sound, if it was rendered before.
    pub fn rendered(&self, pitch: u8) -> Option<Bytes> {
        self.rendered.get(usize::from(pitch))?.get().cloned()
    }

    /// A pitch's sound as a .wav file of one channel.
    ///
    /// # Errors
    /// A failure of the synthesiser.
    pub fn render(&self, pitch: u8) -> Result<Bytes> {
        let note = TimedNote { start: 0.0, duration: HELD, pitch, velocity: VELOCITY };
        let sound = Instrument::Piano.play(&[note])?;
        let bytes = Bytes::from(preview_wav(&sound).map_err(Error::data)?);
        let slot = self.rendered.get(usize::from(pitch));
        Ok(slot.map_or(bytes.clone(), |slot| slot.get_or_init(|| bytes).clone()))
    }
}
