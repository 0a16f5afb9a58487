//! What a user asks of the velocities.

use super::Loudness;

/// What is asked of all samples. What is left open is drawn for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// The median velocity.
    pub level: Option<u8>,
    /// The median distance from it.
    pub spread: Option<u8>,
}

impl Asked {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is drawn, with what is asked in its place.
    pub(super) fn over(&self, drawn: Loudness) -> Loudness {
        Loudness { level: self.level.unwrap_or(drawn.level), spread: self.spread.unwrap_or(drawn.spread) }
    }
}
