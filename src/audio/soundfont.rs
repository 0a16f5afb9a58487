//! Playing through a SoundFont (.sf2) that the user has.

use super::{SAMPLE_RATE, Stereo, Strike};
use crate::error::{Error, Result};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

/// A SoundFont; its first melodic instrument plays.
#[derive(Debug)]
pub struct SoundFont {
    font: Arc<rustysynth::SoundFont>,
}

impl SoundFont {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no SoundFont, or has no instrument.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::file(path, format!("cannot be read: {error}")))?;
        let font = rustysynth::SoundFont::new(&mut BufReader::new(file)).map_err(|error| {
            Error::file(path, format!("is no SoundFont that can be played ({error}); give an .sf2 file"))
        })?;
        let opened = Self { font: Arc::new(font) };
        opened.synthesizer().map_err(|error| Error::file(path, format!("cannot be played: {error}")))?;
        Ok(opened)
    }

    fn synthesizer(&self) -> Result<Synthesizer, rustysynth::SynthesizerError> {
        let mut settings = SynthesizerSettings::new(SAMPLE_RATE as i32);
        settings.maximum_polyphony = 128;
        Synthesizer::new(&self.font, &settings)
    }

    /// Plays notes into `samples` samples.
    pub fn play(&self, strikes: &[Strike], samples: usize) -> Stereo {
        const CHANNEL: i32 = 0;
        let mut synthesizer = self.synthesizer().expect("the settings were accepted when the file was opened");
        let at = |seconds: f64| ((seconds * f64::from(SAMPLE_RATE)).round() as usize).min(samples);
        // releases come before strikes of the same moment, so that a repeated note sounds again
        let mut events: Vec<(usize, bool, &Strike)> = strikes
            .iter()
            .flat_map(|strike| {
                let (on, off) = (at(strike.start), at(strike.start + strike.duration));
                [(on, true, strike), (off.max(on + 1), false, strike)]
            })
            .collect();
        events.sort_by_key(|&(time, on, strike)| (time, on, strike.pitch));
        let mut sound = Stereo { left: vec![0.0; samples], right: vec![0.0; samples] };
        let mut now = 0;
        for (time, on, strike) in events {
            let time = time.min(samples);
            synthesizer.render(&mut sound.left[now..time], &mut sound.right[now..time]);
            now = time;
            if on {
                synthesizer.note_on(CHANNEL, strike.pitch.into(), strike.velocity.into());
            } else {
                synthesizer.note_off(CHANNEL, strike.pitch.into());
            }
        }
        synthesizer.render(&mut sound.left[now..], &mut sound.right[now..]);
        let peak = sound.left.iter().chain(&sound.right).fold(1.0f32, |peak, sample| peak.max(sample.abs()));
        for sample in sound.left.iter_mut().chain(&mut sound.right) {
            *sample /= peak;
        }
        sound
    }
}
