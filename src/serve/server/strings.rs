//! The sounds of strings that were rendered before.

use std::sync::OnceLock;

use axum::body::Bytes;

use crate::data::music::roll::PITCHES;
use crate::error::Result;
use crate::serve::sound::string;

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
        let bytes = Bytes::from(string(pitch)?);
        let slot = self.rendered.get(usize::from(pitch));
        Ok(slot.map_or(bytes.clone(), |slot| slot.get_or_init(|| bytes).clone()))
    }
}
