//! From notes to sound: a small synthesiser of our own, or a SoundFont, and .wav files.
//!
//! ```text
//! roll or score -> Vec<Strike> (times in seconds) -> Instrument::play -> Stereo -> write_wav
//! ```

mod piano;
mod soundfont;
mod strike;
mod wav;

pub use soundfont::SoundFont;
pub use strike::{Strike, of_roll, of_score};
pub use wav::write_wav;

use crate::error::{Error, Result};
use std::path::Path;

/// Samples per second of everything that is rendered.
pub const SAMPLE_RATE: u32 = 44_100;
/// Seconds of sound after the last note's end, in which strings and room fade.
pub const TAIL: f64 = 2.5;
/// Seconds of music that can be rendered at once; an hour of sound takes 2.5 GB while it is made.
const LONGEST: f64 = 3600.0;

/// Sound in two channels of equal length, each sample in -1..=1.
#[derive(Debug, Clone, PartialEq)]
pub struct Stereo {
    /// Left channel.
    pub left: Vec<f32>,
    /// Right channel.
    pub right: Vec<f32>,
}

/// What plays the notes.
#[derive(Debug, Default)]
pub enum Instrument {
    /// The built-in synthesiser.
    #[default]
    Piano,
    /// The first instrument of a SoundFont.
    SoundFont(SoundFont),
}

impl Instrument {
    /// The SoundFont in a file, or the built-in synthesiser if none is named.
    ///
    /// # Errors
    /// If the file cannot be read or is no SoundFont.
    pub fn open(soundfont: Option<&Path>) -> Result<Self> {
        soundfont.map_or(Ok(Self::Piano), |path| SoundFont::open(path).map(Self::SoundFont))
    }

    /// Plays notes: [`SAMPLE_RATE`] samples a second until [`TAIL`] after the last one's end. The same notes give the same
    /// samples always.
    ///
    /// # Errors
    /// If the music is longer than an hour.
    pub fn play(&self, strikes: &[Strike]) -> Result<Stereo> {
        let end = strikes.iter().map(|strike| strike.start + strike.duration).fold(0.0, f64::max);
        if end > LONGEST {
            return Err(Error::data(format!(
                "the music lasts {:.0} minutes, and at most an hour can be made into sound; cut it into parts",
                end / 60.0
            )));
        }
        let samples = ((end + TAIL) * f64::from(SAMPLE_RATE)).round() as usize;
        Ok(match self {
            Self::Piano => piano::play(strikes, samples),
            Self::SoundFont(font) => font.play(strikes, samples),
        })
    }
}
