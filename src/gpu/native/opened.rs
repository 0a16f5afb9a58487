//! The capabilities of a device of wgpu.

use super::adapters::Chosen;
use crate::gpu::capabilities::Capabilities;
use crate::gpu::matrix_units;
use crate::gpu::size_class::ALIGNMENT;
use crate::shader::params_space::MOST_BYTES;
use wgpu::{DeviceType, Features};

/// Kernels compute byte offsets and indices in u32; some adapters bind more.
const LARGEST_BINDING: u64 = 1 << 31;

impl Capabilities {
    /// Reads them from an opened device. The matrix units are those that the adapter reports, before `probe` tries them.
    pub fn of(chosen: &Chosen, device: &wgpu::Device) -> Self {
        let (info, features, limits) = (chosen.adapter.get_info(), device.features(), device.limits());
        let bindable = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let one_size = info.subgroup_min_size == info.subgroup_max_size;
        let matrix = chosen.matrix.filter(|_| features.contains(matrix_units::FEATURE));
        Self {
            name: chosen.name.clone(),
            software: chosen.device_type == DeviceType::Cpu,
            subgroup_size: (features.contains(Features::SUBGROUP) && one_size).then_some(info.subgroup_min_size),
            mesa: mesa(&info.driver_info),
            int64: features.contains(Features::SHADER_INT64),
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
}

/// The major version in a driver's description: 25 of `Mesa 25.0.7-2 (LLVM 19.1.7)`.
fn mesa(driver: &str) -> Option<u32> {
    driver.strip_prefix("Mesa ")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::mesa;

    #[test]
    fn the_version_of_mesa_is_read_from_its_description() {
        assert_eq!(mesa("Mesa 25.0.7-2 (LLVM 19.1.7)"), Some(25));
        assert_eq!(mesa("SwiftShader driver"), None);
        assert_eq!(mesa("Mesa"), None);
    }
}
