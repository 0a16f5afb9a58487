//! Adapters on paper: limits, features and subgroups of GPUs, on wgpu's backend that runs nothing.
//!
//! wgpu validates all that is recorded on one: sizes, bindings, grids, offsets, shaders. So tests record training and sampling on
//! GPUs that are not at hand. Nothing is computed: a readback returns zeros, or the values of an upload.

use wgpu::{Backends, DeviceType, Features, Limits};

use super::adapters::Chosen;
use super::device::Gpu;
use crate::error::{Error, Result};
use crate::gpu::capabilities::Capabilities;
use crate::gpu::matrix_units::{self, MatrixUnits};
use crate::gpu::tuning::Tuning;

/// An adapter on paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its name.
    pub name: &'static str,
    /// Features, matrix units excepted.
    pub features: Features,
    /// Limits.
    pub limits: Limits,
    /// Fewest and most lanes of a subgroup.
    pub subgroup: [u32; 2],
    /// Its matrix units.
    pub matrix: Option<MatrixUnits>,
    /// Whether it is software Vulkan.
    pub software: bool,
}

const ALL: Features =
    Features::IMMEDIATES.union(Features::SUBGROUP).union(Features::SHADER_F16).union(Features::TIMESTAMP_QUERY);

/// Mesa's drivers on Linux: wgpu allows no larger buffers there.
const MESA_BUFFER: u64 = i32::MAX as u64;

impl Paper {
    /// One adapter of each family. Limits are those that wgpu reports for its driver.
    pub fn all() -> Vec<Self> {
        let units = |side| Some(MatrixUnits { side, lanes: 32, emulated: false });
        vec![
            Self { matrix: units(16), ..Self::gpu("NVIDIA Turing, Vulkan", [32, 32], 48 << 10, 1 << 33) },
            Self { matrix: units(16), ..Self::gpu("NVIDIA Hopper, Vulkan", [32, 32], 48 << 10, 1 << 37) },
            Self::gpu("AMD RDNA, Mesa", [32, 64], 64 << 10, MESA_BUFFER),
            Self::gpu("Intel Xe, Mesa", [8, 32], 64 << 10, MESA_BUFFER),
            Self { matrix: units(8), ..Self::gpu("Apple M1, Metal", [4, 64], 32 << 10, 1 << 33).binding(29) },
            Self::gpu("DX12 by DXC", [32, 32], 32 << 10, MESA_BUFFER).binding(16),
            Self {
                features: Features::IMMEDIATES | Features::TIMESTAMP_QUERY,
                ..Self::gpu("DX12 by FXC", [32, 32], 32 << 10, MESA_BUFFER).binding(16)
            },
            Self::raspberry_pi(),
            Self::web_gpu(),
            Self { software: true, ..Self::gpu("llvmpipe, 256 bits", [8, 8], 32 << 10, MESA_BUFFER) },
            Self { software: true, ..Self::gpu("llvmpipe, 512 bits", [16, 16], 32 << 10, MESA_BUFFER) },
        ]
    }

    /// A browser's default: no feature, and the limits that every implementation of WebGPU has. It has no immediates.
    pub fn web_gpu() -> Self {
        Self {
            name: "WebGPU",
            features: Features::empty(),
            limits: Limits::defaults(),
            subgroup: [4, 128],
            matrix: None,
            software: false,
        }
    }

    /// V3D 4.2 with Mesa's driver.
    pub fn raspberry_pi() -> Self {
        let limits = Limits {
            max_storage_buffer_binding_size: 1 << 30,
            max_buffer_size: 1 << 30,
            min_storage_buffer_offset_alignment: 32,
            max_immediate_size: 128,
            ..Limits::defaults()
        };
        let features = Features::IMMEDIATES | Features::SUBGROUP;
        Self { name: "Raspberry Pi, Mesa", features, limits, subgroup: [16, 16], matrix: None, software: false }
    }

    /// A GPU with all features that the kernels use, and `memory` bytes of workgroup memory.
    fn gpu(name: &'static str, subgroup: [u32; 2], memory: u32, largest_buffer: u64) -> Self {
        let limits = Limits {
            max_storage_buffers_per_shader_stage: 1 << 16,
            max_storage_buffer_binding_size: largest_buffer.min(u64::from(u32::MAX)),
            max_buffer_size: largest_buffer,
            min_storage_buffer_offset_alignment: 32,
            max_compute_workgroup_storage_size: memory,
            max_compute_invocations_per_workgroup: 1024,
            max_compute_workgroup_size_x: 1024,
            max_compute_workgroup_size_y: 1024,
            max_immediate_size: 128,
            ..Limits::defaults()
        };
        Self { name, features: ALL, limits, subgroup, matrix: None, software: false }
    }

    /// The same with at most so many storage buffers per kernel.
    fn binding(mut self, buffers: u32) -> Self {
        self.limits.max_storage_buffers_per_shader_stage = buffers;
        self
    }

    /// The adapter on wgpu's backend that runs nothing.
    fn adapter(&self) -> Result<wgpu::Adapter> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = Backends::NOOP;
        descriptor.backend_options.noop = wgpu::NoopBackendOptions {
            enable: true,
            limits: Some(self.limits.clone()),
            features: Some(if self.matrix.is_some() { self.features | matrix_units::FEATURE } else { self.features }),
            subgroup_min_size: Some(self.subgroup[0]),
            subgroup_max_size: Some(self.subgroup[1]),
            ..Default::default()
        };
        let adapters = pollster::block_on(wgpu::Instance::new(descriptor).enumerate_adapters(Backends::NOOP));
        adapters.into_iter().next().ok_or_else(|| Error::device(format!("wgpu offers no adapter for {}", self.name)))
    }
}

impl Gpu {
    /// A device of an adapter on paper, with the tuning for it.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn on_paper(paper: &Paper) -> Result<Self> {
        Self::on_paper_tuned(paper, Tuning::of)
    }

    /// The same with a tuning made by the caller.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn on_paper_tuned(paper: &Paper, tuning: impl FnOnce(&Capabilities) -> Tuning) -> Result<Self> {
        let chosen = Chosen {
            adapter: paper.adapter()?,
            index: 0,
            name: paper.name.to_owned(),
            device_type: if paper.software { DeviceType::Cpu } else { DeviceType::DiscreteGpu },
            matrix: paper.matrix,
        };
        let (device, queue) = chosen.request_device(true)?;
        let capabilities = Capabilities::of(&chosen, &device);
        let tuning = tuning(&capabilities).within(&capabilities);
        tuning.check(&capabilities)?;
        Ok(Self::over(device, queue, capabilities, tuning))
    }
}
