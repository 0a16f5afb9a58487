//! `Params` in a uniform buffer, a slot for each recorded dispatch: for adapters without immediates.

use super::staging::Staging;
use crate::shader::params_space::MOST_BYTES;

/// The `Params` of the dispatches of one submission.
pub(super) struct Uniforms {
    slots: Staging,
    group: wgpu::BindGroup,
}

impl Uniforms {
    /// Room for the dispatches of one submission.
    pub fn new(device: &wgpu::Device, dispatches: usize) -> Self {
        let alignment = device.limits().min_uniform_buffer_offset_alignment.max(MOST_BYTES) as usize;
        let slots = Staging::new(device, "Params", wgpu::BufferUsages::UNIFORM, dispatches * alignment, alignment);
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("Params"),
            layout: &layout(device),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: slots.buffer(),
                    offset: 0,
                    size: std::num::NonZeroU64::new(u64::from(MOST_BYTES)),
                }),
            }],
        });
        Self { slots, group }
    }

    /// Adds the `Params` of a dispatch, and returns what binds them: the bind group and its dynamic offset.
    pub fn push(&mut self, params: &[u8]) -> (&wgpu::BindGroup, u32) {
        let offset = self.slots.push(params);
        (&self.group, offset as u32)
    }

    /// Writes all of them, for the submission that follows.
    pub fn write(&mut self, queue: &wgpu::Queue) {
        self.slots.write(queue);
    }
}

/// The layout of the bind group of `Params`.
pub(super) fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("Params"),
        entries: &[wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: true,
                min_binding_size: None,
            },
            count: None,
        }],
    })
}
