//! Rendering through a SoundFont (.sf2) given by the user.

use super::mend::{Mended, mend};
use super::notes::TimedNote;
use super::sound::{SAMPLE_RATE, Stereo};
use crate::error::{Error, Result};
use rustysynth::{Synthesizer, SynthesizerSettings};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// A SoundFont, of which the first melodic instrument is used.
#[derive(Debug)]
pub struct SoundFont {
    font: Arc<rustysynth::SoundFont>,
}

impl SoundFont {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is not a SoundFont, is cut off or compressed, or has no instrument.
    pub fn open(path: &Path) -> Result<Self> {
        let file = fs::read(path).map_err(|error| Error::file(path, format!("cannot be read: {error}")))?;
        let Mended { before, samples, after } = mend(&file).map_err(|reason| Error::file(path, reason))?;
        let mut mended = (&before[..]).chain(samples).chain(&after[..]);
        let font = rustysynth::SoundFont::new(&mut mended)
            .map_err(|error| Error::file(path, format!("is a SoundFont that cannot be played: {error}")))?;
        let opened = Self { font: Arc::new(font) };
        opened.synthesizer().map_err(|error| Error::file(path, format!("cannot be played: {error}")))?;
        Ok(opened)
    }

    fn synthesizer(&self) -> Result<Synthesizer, rustysynth::SynthesizerError> {
        let mut settings = SynthesizerSettings::new(SAMPLE_RATE as i32);
        settings.maximum_polyphony = 128;
        Synthesizer::new(&self.font, &settings)
    }

    /// Renders notes to `samples` samples, at the level of the font, which may be above 1.
    pub fn play(&self, notes: &[TimedNote], samples: usize) -> Stereo {
        const CHANNEL: i32 = 0;
        let mut synthesizer = self.synthesizer().expect("the settings were accepted when the file was opened");
        let at = |seconds: f64| ((seconds * f64::from(SAMPLE_RATE)).round() as usize).min(samples);
        // Releases sort before onsets of the same sample, so that a repeated note sounds again.
        let mut events: Vec<(usize, bool, &TimedNote)> = notes
            .iter()
            .flat_map(|note| {
                let (on, off) = (at(note.start), at(note.start + note.duration));
                [(on, true, note), (off.max(on + 1), false, note)]
            })
            .collect();
        events.sort_by_key(|&(time, on, note)| (time, on, note.pitch));
        let mut sound = Stereo { left: vec![0.0; samples], right: vec![0.0; samples] };
        let mut now = 0;
        for (time, on, note) in events {
            let time = time.min(samples);
            synthesizer.render(&mut sound.left[now..time], &mut sound.right[now..time]);
            now = time;
            if on {
                synthesizer.note_on(CHANNEL, note.pitch.into(), note.velocity.into());
            } else {
                synthesizer.note_off(CHANNEL, note.pitch.into());
            }
        }
        synthesizer.render(&mut sound.left[now..], &mut sound.right[now..]);
        sound
    }
}
