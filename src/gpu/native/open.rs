//! Opening a device: adapter, capabilities, a trial of its matrix units, tuning.

use super::adapters::Adapters;
use super::choice::Choice;
use super::device::Gpu;
use super::probe::{self, Trial};
use crate::error::{Error, Result};
use crate::gpu::capabilities::Capabilities;
use crate::gpu::tuning::{TUNING_VARIABLE, Tuning};

impl Gpu {
    /// Opens the adapter that `wanted` names (see [`Adapters::choose`]), or the best one, with the tuning that
    /// [`TUNING_VARIABLE`](crate::gpu::tuning::TUNING_VARIABLE) chooses, or the one for the adapter.
    ///
    /// # Errors
    /// No adapter, an unknown name, missing features that every kernel needs, a tuning that the adapter cannot run, matrix units that hang.
    pub fn open(wanted: Option<&str>) -> Result<Self> {
        let choice = Choice::from_environment()?;
        Self::open_tuned(wanted, choice.may_use_matrix_units(), |capabilities| choice.tuning(capabilities))
    }

    /// The same with a tuning made by the caller; with `matrix_units`, after a trial of the adapter's matrix units if it has some.
    ///
    /// # Errors
    /// As [`Gpu::open`], and those of `tuning`.
    pub fn open_tuned(
        wanted: Option<&str>,
        matrix_units: bool,
        tuning: impl FnOnce(&Capabilities) -> Result<Tuning>,
    ) -> Result<Self> {
        let chosen = Adapters::list().choose(wanted)?;
        let (device, queue) = chosen.request_device(matrix_units)?;
        let mut capabilities = Capabilities::of(&chosen, &device);
        if let Some(units) = capabilities.matrix {
            let on_trial = Self::over(
                device.clone(),
                queue.clone(),
                capabilities.clone(),
                Tuning::gpu(None).within(&capabilities),
            );
            match probe::multiplies(&on_trial, units) {
                Trial::Correct => {}
                Trial::Unusable(reason) => {
                    capabilities.matrix = None;
                    capabilities.notes.push(format!("matrix units are not used: {} {reason}", capabilities.name));
                }
                Trial::Hangs => {
                    return Err(Error::device(format!(
                        "{} does not finish a product on its matrix units; set {TUNING_VARIABLE}=tile to do without them",
                        capabilities.name
                    )));
                }
            }
        }
        let tuning = tuning(&capabilities)?.within(&capabilities);
        tuning.check(&capabilities)?;
        Ok(Self::over(device, queue, capabilities, tuning))
    }
}
