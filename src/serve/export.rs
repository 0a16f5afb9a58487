//! A piece as a file.

use super::draft::Draft;
use crate::audio::{Format, Instrument, of_score};
use crate::data::music::midi;
use crate::data::picture::image;

/// Longest sound in seconds. Rendering a minute takes some 40 MB.
const LONGEST: f64 = 600.0;

/// What a piece is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// A MIDI file.
    Mid,
    /// Sound.
    Wav,
    /// The picture of `to-image`, which the commands read.
    Png,
}

impl Export {
    /// The export of an ending.
    pub fn of(ending: &str) -> Option<Self> {
        match ending {
            "mid" => Some(Self::Mid),
            "wav" => Some(Self::Wav),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Mid => "audio/midi",
            Self::Wav => "audio/wav",
            Self::Png => "image/png",
        }
    }

    /// The file of a piece.
    ///
    /// # Errors
    /// One sentence if the piece cannot be written, or is too long or empty for sound.
    pub fn bytes(self, draft: &Draft) -> Result<Vec<u8>, String> {
        match self {
            Self::Mid => draft.midi(),
            Self::Png => Ok(image::write(&draft.roll()?)),
            Self::Wav => {
                let score = midi::parse(&draft.midi()?).map_err(|reason| format!("the piece {reason}"))?;
                let notes = of_score(&score).map_err(|reason| format!("the piece {reason}"))?;
                let end = notes.iter().map(|note| note.start + note.duration).fold(0.0, f64::max);
                if end > LONGEST {
                    let minutes = end / 60.0;
                    return Err(format!(
                        "the piece lasts {minutes:.0} minutes, but at most {:.0} are rendered here; export .mid and use flocoder to-wav",
                        LONGEST / 60.0
                    ));
                }
                let sound = Instrument::Piano.play(&notes).map_err(|error| error.to_string())?;
                Ok(Format::Wav.encode(&sound))
            }
        }
    }
}
