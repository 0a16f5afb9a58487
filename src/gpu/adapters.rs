//! The adapters of this machine, and the choice of one.

use super::matrix_units;
use crate::error::{Error, Result};
use wgpu::{Backends, DeviceType, Features};

/// The environment variable that names the adapter where `--device` does not.
pub const DEVICE_VARIABLE: &str = "FLOCODER_DEVICE";

/// Features that every kernel needs.
const REQUIRED: Features = Features::IMMEDIATES;
/// Features that are used if the adapter has them.
const OPTIONAL: Features = Features::SUBGROUP.union(Features::SHADER_F16).union(Features::TIMESTAMP_QUERY);

/// The adapters of this machine, best first: discrete, integrated, virtual, software.
pub struct Adapters {
    adapters: Vec<wgpu::Adapter>,
}

impl Adapters {
    /// Asks Vulkan, Metal and DX12 for their adapters.
    pub fn list() -> Self {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters = pollster::block_on(instance.enumerate_adapters(Backends::all()));
        adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
        Self { adapters }
    }

    /// Each adapter with its number, as `--device` takes it.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &wgpu::Adapter)> {
        self.adapters.iter().enumerate()
    }

    /// The adapter that `wanted` names, by its number or by a part of its name; else the one that `FLOCODER_DEVICE` names; else the
    /// best one.
    ///
    /// # Errors
    /// No adapter, or none of that name.
    pub fn choose(&self, wanted: Option<&str>) -> Result<Chosen> {
        let from_environment = std::env::var(DEVICE_VARIABLE).ok().filter(|name| !name.is_empty());
        let wanted = wanted.map(str::to_owned).or(from_environment);
        if self.adapters.is_empty() {
            return Err(Error::device(
                "no adapter found; install your GPU's Vulkan driver, or software Vulkan (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)",
            ));
        }
        let index = match &wanted {
            None => Some(0),
            Some(name) => match name.parse::<usize>() {
                Ok(number) => Some(number).filter(|&number| number < self.adapters.len()),
                Err(_) => self.iter().find(|(_, adapter)| contains(&adapter.get_info().name, name)).map(|(i, _)| i),
            },
        };
        let name = |(i, adapter): (usize, &wgpu::Adapter)| format!("{i}: {}", adapter.get_info().name);
        index.map(|index| Chosen { adapter: self.adapters[index].clone(), index }).ok_or_else(|| {
            let known: Vec<String> = self.iter().map(name).collect();
            Error::device(format!(
                "no adapter is called {:?}; the adapters are {} (see `flocoder devices`)",
                wanted.unwrap_or_default(),
                known.join(", ")
            ))
        })
    }
}

fn contains(name: &str, part: &str) -> bool {
    name.to_lowercase().contains(&part.to_lowercase())
}

fn rank(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// The adapter in use, and its number.
pub struct Chosen {
    /// The adapter.
    pub adapter: wgpu::Adapter,
    /// Its number in [`Adapters`].
    pub index: usize,
}

impl Chosen {
    /// Opens the device with all limits of the adapter and the features that the kernels use; with `matrix_units`, its matrix units
    /// too.
    ///
    /// # Errors
    /// Names the features that are missing.
    pub fn request_device(&self, matrix_units: bool) -> Result<(wgpu::Device, wgpu::Queue)> {
        let name = self.adapter.get_info().name;
        let missing = REQUIRED - self.adapter.features();
        if !missing.is_empty() {
            return Err(Error::device(format!(
                "{name} lacks {missing}, which every kernel needs; update its driver or choose another adapter with --device"
            )));
        }
        let request = |experimental: Features| {
            // SAFETY: cooperative matrices are the only experimental feature requested, and no other kernel that uses them is
            // launched before `probe` has compared a product with the host's.
            let enabled = || unsafe { wgpu::ExperimentalFeatures::enabled() };
            let descriptor = wgpu::DeviceDescriptor {
                label: Some("flocoder"),
                required_features: REQUIRED | (self.adapter.features() & OPTIONAL) | experimental,
                required_limits: self.adapter.limits(),
                experimental_features: if experimental.is_empty() { Default::default() } else { enabled() },
                ..Default::default()
            };
            pollster::block_on(self.adapter.request_device(&descriptor))
        };
        let wanted = matrix_units && matrix_units::reported(&self.adapter).is_some();
        let with_matrices = wanted.then(|| request(matrix_units::FEATURE).ok()).flatten();
        with_matrices
            .map_or_else(|| request(Features::empty()), Ok)
            .map_err(|error| Error::device(format!("{name} could not be opened: {error}")))
    }
}
