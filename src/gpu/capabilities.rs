//! The capabilities of an opened device that the engine uses. They are facts: the choices that follow from them are in
//! [`Tuning`](super::Tuning).

use super::matrix_units::MatrixUnits;
use crate::error::{Error, Result};

/// Capabilities of an opened device.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// The adapter's name.
    pub name: String,
    /// Whether the adapter is the CPU (software Vulkan).
    pub software: bool,
    /// Lanes of a subgroup, if there are subgroups, all of one size.
    pub subgroup_size: Option<u32>,
    /// Major version of Mesa, if the driver is one of Mesa's.
    pub mesa: Option<u32>,
    /// Whether shaders have integers of 64 bits. False on adapters other than software Vulkan.
    pub int64: bool,
    /// Whether shaders may compute in f16.
    pub f16: bool,
    /// The matrix units, if the kernels can use them and a trial product was correct.
    pub matrix: Option<MatrixUnits>,
    /// Whether kernels can read `Params` from immediates.
    pub immediates: bool,
    /// Whether passes can be timed on the device.
    pub timestamps: bool,
    /// Most bytes of a binding.
    pub largest_binding: u64,
    /// Most bytes of a buffer. A tensor larger than a binding is processed in windows.
    pub largest_buffer: u64,
    /// Most bytes of workgroup memory.
    pub workgroup_memory: usize,
    /// Most invocations of a workgroup.
    pub invocations: usize,
    /// Notes to the user from opening the device, one sentence each.
    pub notes: Vec<String>,
}

impl Capabilities {
    /// Refuses an adapter without 16-bit floats.
    ///
    /// # Errors
    /// Names the adapter, and the setting to change.
    pub fn check_f16(&self) -> Result<()> {
        if self.f16 {
            return Ok(());
        }
        Err(Error::device(format!("the adapter {} has no 16-bit floats; set train.precision: f32", self.name)))
    }
}
