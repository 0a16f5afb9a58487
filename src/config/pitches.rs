//! The range of pitches that networks see.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// A range of MIDI pitches, both ends included; `[lowest, highest]` in files. The rows of a piano-roll tensor are the pitches of the
/// range, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "[u8; 2]", into = "[u8; 2]")]
pub struct Pitches {
    /// The lowest pitch.
    pub lowest: u8,
    /// The highest pitch.
    pub highest: u8,
}

impl Pitches {
    /// All 128 pitches of MIDI.
    pub const ALL: Self = Self { lowest: 0, highest: 127 };

    /// Number of pitches.
    pub fn count(self) -> usize {
        (usize::from(self.highest) + 1).saturating_sub(self.lowest.into())
    }

    /// The range.
    pub fn range(self) -> RangeInclusive<u8> {
        self.lowest..=self.highest
    }

    /// The row of a pitch of the range.
    pub fn row(self, pitch: u8) -> usize {
        usize::from(self.highest - pitch)
    }
}

impl Default for Pitches {
    fn default() -> Self {
        Self::ALL
    }
}

impl From<[u8; 2]> for Pitches {
    fn from([lowest, highest]: [u8; 2]) -> Self {
        Self { lowest, highest }
    }
}

impl From<Pitches> for [u8; 2] {
    fn from(pitches: Pitches) -> Self {
        [pitches.lowest, pitches.highest]
    }
}

impl fmt::Display for Pitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.lowest, self.highest)
    }
}
