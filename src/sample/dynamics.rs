//! Samples with velocities.

use super::Generator;
use crate::data::music::roll::Roll;
use crate::dynamics::Asked;
use crate::error::Result;

impl Generator {
    /// The notes of sample `number` of a seed with velocities; as they are if the flow has no dynamics.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn perform(&self, roll: &Roll, seed: u64, number: u64, asked: &Asked) -> Result<Roll> {
        self.dynamics.as_ref().map_or_else(|| Ok(roll.clone()), |dynamics| dynamics.perform(roll, seed, number, asked))
    }
}
