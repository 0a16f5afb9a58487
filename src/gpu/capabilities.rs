//! The capabilities of an opened device that the engine uses. They are facts: the choices that follow from them are in
//! [`Tuning`](super::Tuning).

#[cfg(not(target_arch = "wasm32"))]
use super::adapters::Chosen;
#[cfg(not(target_arch = "wasm32"))]
use super::matrix_units;
use super::matrix_units::MatrixUnits;
#[cfg(not(target_arch = "wasm32"))]
use super::pool::ALIGNMENT;
use crate::error::{Error, Result};
#[cfg(not(target_arch = "wasm32"))]
use crate::shader::params_space::MOST_BYTES;
#[cfg(not(target_arch = "wasm32"))]
use wgpu::{DeviceType, Features};

/// Kernels compute byte offsets and indices in u32; some adapters bind more.
#[cfg(not(target_arch = "wasm32"))]
const LARGEST_BINDING: u64 = 1 << 31;

/// Capabilities of an opened device.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// The adapter's name.
    pub name: String,
    /// Whether the adapter is the CPU (software Vulkan).
    pub software: bool,
    /// Lanes of a subgroup, if there are subgroups, all of one size.
    pub subgroup_size: Option<u32>,
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
    /// Reads them from an opened device. The matrix units are those that the adapter reports, before `probe` tries them.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn of(chosen: &Chosen, device: &wgpu::Device) -> Self {
        let (info, features, limits) = (chosen.adapter.get_info(), device.features(), device.limits());
        let bindable = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let one_size = info.subgroup_min_size == info.subgroup_max_size;
        let matrix = chosen.matrix.filter(|_| features.contains(matrix_units::FEATURE));
        Self {
            name: chosen.name.clone(),
            software: chosen.device_type == DeviceType::Cpu,
            subgroup_size: (features.contains(Features::SUBGROUP) && one_size).then_some(info.subgroup_min_size),
            f16: features.contains(Features::SHADER_F16),
            matrix,
            immediates: features.contains(Features::IMMEDIATES) && limits.max_immediate_size >= MOST_BYTES,
            timestamps: features.contains(Features::TIMESTAMP_QUERY),
            largest_binding: bindable.min(LARGEST_BINDING) / ALIGNMENT * ALIGNMENT,
            largest_buffer: limits.max_buffer_size,
            workgroup_memory: limits.max_compute_workgroup_storage_size as usize,
            invocations: limits.max_compute_invocations_per_workgroup as usize,
            notes: Vec::new(),
        }
    }

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
