//! Formats of sound files.

use super::flac::flac;
use super::sound::Stereo;
use super::wav::wav;
use crate::error::Result;
use crate::files;
use std::path::Path;

/// A format of sound files; both hold the same samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Uncompressed.
    Wav,
    /// Losslessly compressed to about a quarter of the size.
    Flac,
}

impl Format {
    /// Endings of the names of sound files.
    pub const ENDINGS: [&str; 2] = ["wav", "flac"];

    /// The format of a file by the ending of its name, `.wav` or `.flac`.
    ///
    /// # Errors
    /// Another ending.
    pub fn of(path: &Path) -> Result<Self> {
        files::check_ending(path, &Self::ENDINGS)?;
        let is_flac = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("flac"));
        Ok(if is_flac { Self::Flac } else { Self::Wav })
    }

    /// The ending of the names of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }

    /// Sound as the bytes of a file of 16 bits and two channels.
    pub fn encode(self, sound: &Stereo) -> Vec<u8> {
        match self {
            Self::Wav => wav(sound),
            Self::Flac => flac(sound),
        }
    }

    /// Writes sound as a file, atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(self, path: &Path, sound: &Stereo) -> Result<()> {
        files::replace(path, |out| out.write_all(&self.encode(sound)))
    }
}
