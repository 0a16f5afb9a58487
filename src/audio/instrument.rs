//! Instruments: notes to sound.

use super::loudness::loudness;
use super::notes::TimedNote;
use super::piano;
use super::sound::{SAMPLE_RATE, Stereo, TAIL};
use super::soundfont::SoundFont;
use crate::error::{Error, Result};
use std::path::Path;

/// Limit on the length of rendered music in seconds; rendering an hour takes 2.5 GB of memory.
const LONGEST: f64 = 3600.0;

/// Largest sample of a SoundFont's sound after its loudness is set.
const CEILING: f32 = 0.98;

/// An instrument.
#[derive(Debug, Default)]
pub enum Instrument {
    /// The built-in synthesiser.
    #[default]
    Piano,
    /// The first melodic instrument of a SoundFont.
    SoundFont(SoundFont),
}

impl Instrument {
    /// The SoundFont in a file, or the built-in synthesiser if `soundfont` is `None`.
    ///
    /// # Errors
    /// If the file cannot be read or is not a SoundFont.
    pub fn open(soundfont: Option<&Path>) -> Result<Self> {
        soundfont.map_or(Ok(Self::Piano), |path| SoundFont::open(path).map(Self::SoundFont))
    }

    /// Renders notes at [`SAMPLE_RATE`] until [`TAIL`] after the end of the last one. Equal notes give equal samples. A SoundFont
    /// is as loud over the whole piece as the built-in synthesiser, unless that would clip.
    ///
    /// # Errors
    /// If the music is longer than an hour.
    pub fn play(&self, notes: &[TimedNote]) -> Result<Stereo> {
        let end = notes.iter().map(|note| note.start + note.duration).fold(0.0, f64::max);
        if end > LONGEST {
            return Err(Error::data(format!(
                "the music lasts {:.0} minutes, but at most an hour can be rendered; cut it into parts",
                end / 60.0
            )));
        }
        let samples = ((end + TAIL) * f64::from(SAMPLE_RATE)).round() as usize;
        Ok(match self {
            Self::Piano => piano::play(notes, samples),
            Self::SoundFont(font) => {
                let wanted = loudness(&piano::play(notes, samples));
                at_loudness(font.play(notes, samples), wanted)
            }
        })
    }
}

/// Sound at an integrated loudness in LUFS, or as near to it as no sample exceeds [`CEILING`].
fn at_loudness(sound: Stereo, wanted: Option<f64>) -> Stereo {
    let (Some(wanted), Some(given)) = (wanted, loudness(&sound)) else { return sound };
    let gain = 10f64.powf((wanted - given) / 20.0) as f32;
    let most = CEILING / sound.peak();
    sound.amplified(gain.min(most))
}
