//! A step of the solver, for those who wait for the music.

use crate::data::music::roll::Roll;
use crate::error::Result;

/// A step that was recorded; it may still be in computation.
pub struct Step<'a> {
    music: &'a dyn Fn() -> Result<Vec<Roll>>,
}

impl<'a> Step<'a> {
    /// A step after which the samples of its batch would be `music`.
    pub fn new(music: &'a dyn Fn() -> Result<Vec<Roll>>) -> Self {
        Self { music }
    }

    /// The samples of the batch as they would be if the path to the end was straight: the codec decodes `x1 = x + (1 - t) v`. Waits for
    /// the device. The solution is the same to the bit.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn preview(&self) -> Result<Vec<Roll>> {
        (self.music)()
    }
}

/// What is called after each step of a solver; an error ends the solution.
pub type AfterStep<'a> = dyn FnMut(&Step<'_>) -> Result<()> + 'a;
