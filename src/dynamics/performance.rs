//! A roll with velocities.

use super::calibration::calibrated;
use super::residual::residuals;
use super::{Asked, Dynamics};
use crate::data::music::roll::Roll;
use crate::error::Result;
use crate::rng::Philox;

/// Key of the draws, combined with the seed, so that they are independent of the noise.
const KEY: u64 = 0x6c6f_7564;
/// Added to a spread: where it is 0, a few notes still differ.
const LEAST: f64 = 1.0;

impl Dynamics {
    /// Sample `number` of a seed with velocities: a level and spread that are drawn or asked for, the shape that the network predicts,
    /// and the residual. All else is unchanged. A roll longer than a window is predicted window by window.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn perform(&self, roll: &Roll, seed: u64, number: u64, asked: &Asked) -> Result<Roll> {
        let mut random = Philox::new(seed ^ KEY, number);
        let loudness = self.levels.draw(asked, &mut random);
        let starts = (0..roll.steps()).step_by(self.steps as usize);
        let windows: Vec<_> = starts.map(|start| (roll.window(start, self.steps), loudness)).collect();
        // Deviation of the network's errors, which grows with the spread.
        let deviation = f64::from(loudness.spread) + LEAST;
        let predicted = self.predict(&windows)?.concat();
        let varied = predicted.iter().zip(residuals(roll, &mut random));
        let velocities: Vec<f64> = varied.map(|(&shape, residual)| f64::from(shape) + deviation * residual).collect();
        Ok(roll.clone().with_velocities(&calibrated(&velocities, loudness)))
    }
}
