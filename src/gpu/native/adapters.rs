//! The adapters of this machine, and the choice of one.

use crate::error::{Error, Result};
use crate::gpu::matrix_units::{self, MatrixUnits};
use wgpu::{Backends, DeviceType, Features};

/// The environment variable that names the adapter where `--device` does not.
pub const DEVICE_VARIABLE: &str = "FLOCODER_DEVICE";

/// Features that are used if the adapter has them; of software Vulkan, integers of 64 bits too.
const OPTIONAL: Features =
    Features::IMMEDIATES.union(Features::SUBGROUP).union(Features::SHADER_F16).union(Features::TIMESTAMP_QUERY);

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

    /// The number of the adapter for process `place` of those that share this machine: in turn, of all that are called as the best one.
    /// `None` without an adapter, or where `FLOCODER_DEVICE` names one.
    pub fn number_of(&self, place: usize) -> Option<usize> {
        let is_named = std::env::var(DEVICE_VARIABLE).is_ok_and(|name| !name.is_empty());
        let best = self.adapters.first().filter(|_| !is_named)?.get_info().name;
        let equal: Vec<usize> =
            self.iter().filter(|(_, adapter)| adapter.get_info().name == best).map(|(number, _)| number).collect();
        Some(equal[place % equal.len()])
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
        let index =
            match &wanted {
                None => Some(0),
                // A number beyond the last may be a part of a name, as of a model.
                Some(name) => name.parse::<usize>().ok().filter(|&number| number < self.adapters.len()).or_else(|| {
                    self.iter().find(|(_, adapter)| contains(&adapter.get_info().name, name)).map(|(i, _)| i)
                }),
            };
        let name = |(i, adapter): (usize, &wgpu::Adapter)| format!("{i}: {}", adapter.get_info().name);
        index.map(|index| Chosen::of(self.adapters[index].clone(), index)).ok_or_else(|| {
            let known: Vec<String> = self.iter().map(name).collect();
            Error::device(format!(
                "no adapter is called {:?}; the adapters are {} (see `flocoder devices`)",
                wanted.unwrap_or_default(),
                known.join(", ")
            ))
        })
    }
}

/// The first limit below what the kernels need, as a phrase: those that WebGPU guarantees.
fn insufficient(limits: &wgpu::Limits) -> Option<String> {
    let required = wgpu::Limits::default();
    let needs = [
        (
            "storage buffers per kernel",
            limits.max_storage_buffers_per_shader_stage,
            required.max_storage_buffers_per_shader_stage,
        ),
        (
            "invocations per workgroup",
            limits.max_compute_invocations_per_workgroup,
            required.max_compute_invocations_per_workgroup,
        ),
        ("invocations along x", limits.max_compute_workgroup_size_x, required.max_compute_workgroup_size_x),
        (
            "bytes of workgroup memory",
            limits.max_compute_workgroup_storage_size,
            required.max_compute_workgroup_storage_size,
        ),
        (
            "workgroups along one dimension",
            limits.max_compute_workgroups_per_dimension,
            required.max_compute_workgroups_per_dimension,
        ),
    ];
    let (what, has, needed) = needs.into_iter().find(|(_, has, needed)| has < needed)?;
    Some(format!("{has} {what}, but {needed} are needed"))
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
    /// Its name.
    pub name: String,
    /// Its kind.
    pub device_type: DeviceType,
    /// Its matrix units, if the kernels can use them.
    pub matrix: Option<MatrixUnits>,
}

impl Chosen {
    fn of(adapter: wgpu::Adapter, index: usize) -> Self {
        let (info, matrix) = (adapter.get_info(), matrix_units::reported(&adapter));
        Self { adapter, index, name: info.name, device_type: info.device_type, matrix }
    }

    /// Opens the device with all limits of the adapter and the features that the kernels use; with `matrix_units`, its matrix units
    /// too.
    ///
    /// # Errors
    /// Names the limit that is too low.
    pub fn request_device(&self, matrix_units: bool) -> Result<(wgpu::Device, wgpu::Queue)> {
        let name = &self.name;
        if let Some(lack) = insufficient(&self.adapter.limits()) {
            return Err(Error::device(format!(
                "{name} has {lack}; update its driver or choose another adapter with --device"
            )));
        }
        let request = |experimental: Features| {
            // SAFETY: cooperative matrices are the only experimental feature requested, and no other kernel that uses them is
            // launched before `probe` has compared a product with the host's.
            let enabled = || unsafe { wgpu::ExperimentalFeatures::enabled() };
            let optional =
                if self.device_type == DeviceType::Cpu { OPTIONAL | Features::SHADER_INT64 } else { OPTIONAL };
            let descriptor = wgpu::DeviceDescriptor {
                label: Some("flocoder"),
                required_features: (self.adapter.features() & optional) | experimental,
                required_limits: self.adapter.limits(),
                experimental_features: if experimental.is_empty() { Default::default() } else { enabled() },
                ..Default::default()
            };
            pollster::block_on(self.adapter.request_device(&descriptor))
        };
        let wanted = matrix_units && self.matrix.is_some();
        let with_matrices = wanted.then(|| request(matrix_units::FEATURE).ok()).flatten();
        with_matrices
            .map_or_else(|| request(Features::empty()), Ok)
            .map_err(|error| Error::device(format!("{name} could not be opened: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::insufficient;
    use wgpu::Limits;

    #[test]
    fn an_adapter_below_a_required_limit_is_refused() {
        assert_eq!(insufficient(&Limits::default()), None);
        let few = Limits { max_storage_buffers_per_shader_stage: 4, ..Limits::default() };
        assert_eq!(insufficient(&few).unwrap(), "4 storage buffers per kernel, but 8 are needed");
        let small = Limits { max_compute_workgroup_storage_size: 8 << 10, ..Limits::default() };
        assert_eq!(insufficient(&small).unwrap(), "8192 bytes of workgroup memory, but 16384 are needed");
    }
}
