//! The section `data:`: the files to read, and the windows cut from them.

use super::Pitches;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Meaning of the channels of a piano-roll tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Two channels: the first cell of each note, and the cells that continue it.
    #[default]
    OnsetSustain,
    /// Three: onset, sustain and an empty one, as in the picture.
    Rgb,
    /// One: sounding or not. A repeated note is indistinguishable from a longer one.
    Gray,
}

impl Channels {
    /// Number of channels.
    pub fn count(self) -> usize {
        match self {
            Self::OnsetSustain => 2,
            Self::Rgb => 3,
            Self::Gray => 1,
        }
    }
}

/// The data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A folder (searched to any depth), a single .mid or .png file, or a .zip of such files. Music made by this program is left out.
    pub path: Option<PathBuf>,
    /// Channels of a cell: `onset_sustain` (2), `rgb` (3) or `gray` (1).
    pub channels: Channels,
    /// Cells hold velocity / 127 instead of 0 or 1.
    pub velocity: bool,
    /// Lowest and highest pitch that networks see. Notes outside are left out when songs are read.
    pub pitches: Pitches,
    /// Columns of a window, in sixteenths: 128 is 8 bars of 4/4.
    pub steps: usize,
    /// Each bar begins at a multiple of 16 steps: shorter bars than those of 4/4 are followed by silence, longer ones take several 16
    /// steps. Without it, music in 3/4 has bars of 12 steps, in windows that begin with one.
    pub align_bars: bool,
    /// Names of the tracks to read (`MELODY`, `PIANO`, ...), case-insensitive; empty means all, merged.
    pub tracks: Vec<String>,
    /// Read the drum channel (10) too.
    pub drums: bool,
    /// Training windows are transposed by up to this many semitones either way.
    pub transpose: u32,
    /// Windows with fewer notes are not used.
    pub min_notes: usize,
    /// Share of the songs that is held out for validation.
    pub validation: f64,
    /// Limit on validation windows, which are spread evenly over the validation songs.
    pub validation_windows: usize,
    /// Seed of the split into training and validation songs.
    pub seed: u64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            path: None,
            channels: Channels::OnsetSustain,
            velocity: false,
            pitches: Pitches::ALL,
            steps: 128,
            align_bars: false,
            tracks: Vec::new(),
            drums: false,
            transpose: 6,
            min_notes: 4,
            validation: 0.1,
            validation_windows: 128,
            seed: 0,
        }
    }
}

impl DataConfig {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Config`] with the key and its valid values.
    pub fn validate(&self) -> Result<()> {
        if !(1..=4096).contains(&self.steps) {
            return Err(Error::config(format!("data.steps is {}; it takes 1 to 4096 sixteenths", self.steps)));
        }
        let Pitches { lowest, highest } = self.pitches;
        if lowest > highest || highest > Pitches::ALL.highest {
            return Err(Error::config(format!(
                "data.pitches is [{lowest}, {highest}]; it takes the lowest and the highest MIDI pitch, 0 to 127"
            )));
        }
        if !(0.0..1.0).contains(&self.validation) {
            return Err(Error::config(format!(
                "data.validation is {}; it is a fraction of the songs, at least 0 and below 1",
                self.validation
            )));
        }
        if self.transpose > 127 {
            return Err(Error::config(format!("data.transpose is {}; it takes 0 to 127 semitones", self.transpose)));
        }
        Ok(())
    }
}
