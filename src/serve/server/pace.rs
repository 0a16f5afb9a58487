//! How often the music is shown while it emerges: as often as it costs little.

use std::time::{Duration, Instant};

use crate::error::Result;

/// Least time between two previews, so that each can be seen.
const LEAST: Duration = Duration::from_millis(150);
/// A preview is due when the writing has taken this multiple of the time of the one before: they slow it by 8 % at most.
const RARELY: u32 = 12;

/// When the next preview is due.
pub struct Pace {
    since: Instant,
    cost: Duration,
}

impl Pace {
    /// From now on.
    pub fn new() -> Self {
        Self { since: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether a preview is due.
    pub fn is_due(&self) -> bool {
        self.since.elapsed() >= LEAST.max(self.cost * RARELY)
    }

    /// Computes a preview, and takes its time.
    ///
    /// # Errors
    /// Those of the preview.
    pub fn timed<T>(&mut self, preview: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let computed = preview()?;
        (self.since, self.cost) = (Instant::now(), start.elapsed());
        Ok(computed)
    }
}
