//! Pipelines, compiled once per kernel, set of constants and storage of the tensors, and the bind groups made for them.

use std::collections::HashMap;
use std::sync::Arc;

use super::assembly::{Binding, assemble, reflect};
use super::device::Capabilities;
use super::half;
use super::kernel::Launch;
use crate::tensor::{Dtype, Tensor};

/// A compiled pipeline and what is needed to bind to it.
pub(super) struct Compiled {
    pub name: &'static str,
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    pub id: u64,
}

/// The kernel's name, its constants, and which bindings are stored in f16, a bit each.
type Key = (&'static str, Vec<(&'static str, u32)>, u32);

/// Pipelines compiled so far.
pub(super) struct Pipelines {
    compiled: HashMap<Key, Arc<Compiled>>,
    /// Which one each kernel used last.
    latest: HashMap<&'static str, u64>,
    subgroup: bool,
}

impl Pipelines {
    pub fn new(capabilities: &Capabilities) -> Self {
        Self { compiled: HashMap::new(), latest: HashMap::new(), subgroup: capabilities.subgroup_size.is_some() }
    }

    /// The pipeline of a launch, compiled at its first use.
    pub fn get(&mut self, device: &wgpu::Device, launch: &Launch<'_>) -> Arc<Compiled> {
        let key = (launch.kernel.name, launch.constants.to_vec(), halves(launch));
        if let Some(found) = self.compiled.get(&key) {
            self.latest.insert(found.name, found.id);
            return found.clone();
        }
        let id = self.compiled.len() as u64;
        let compiled = Arc::new(compile(device, launch, self.subgroup, id));
        self.latest.insert(compiled.name, id);
        self.compiled.insert(key, compiled.clone());
        compiled
    }

    /// The constants of a kernel's last launch.
    pub fn latest(&self, kernel: &str) -> Option<Vec<(&'static str, u32)>> {
        let id = *self.latest.get(kernel)?;
        self.compiled.iter().find(|(_, compiled)| compiled.id == id).map(|((_, constants, _), _)| constants.clone())
    }
}

/// Which bindings of a launch are f16, a bit each.
fn halves(launch: &Launch<'_>) -> u32 {
    let bit = |(place, tensor): (usize, &&Tensor)| u32::from(tensor.dtype() == Dtype::F16) << place;
    launch.bindings.iter().enumerate().map(bit).sum()
}

#[track_caller]
fn compile(device: &wgpu::Device, launch: &Launch<'_>, subgroup: bool, id: u64) -> Compiled {
    let name = launch.kernel.name;
    let wgsl = assemble(launch.kernel, launch.constants, subgroup);
    let (bindings, immediate_size) = reflect(&wgsl).unwrap_or_else(|error| panic!("shaders/{name}.wgsl: {error}"));
    assert_eq!(bindings.len(), launch.bindings.len(), "{name}: bindings in the shader and in the launch");
    let stored: Vec<Dtype> = launch.bindings.iter().map(|tensor| tensor.dtype()).collect();
    let wgsl = half::store(&wgsl, &bindings, &stored).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(immediate_size as usize, launch.params.len(), "{name}: bytes of Params in the shader and in the launch");
    let entries: Vec<_> = bindings.iter().enumerate().map(|(place, binding)| layout_entry(place, binding)).collect();
    let layout =
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &[Some(&layout)],
        immediate_size,
    });
    let module = shader_module(
        device,
        wgpu::ShaderModuleDescriptor { label: Some(name), source: wgpu::ShaderSource::Wgsl(wgsl.into()) },
    );
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    Compiled { name, pipeline, layout, id }
}

/// Whether kernels are compiled with naga's run-time checks: in builds with debug assertions, or when the environment
/// variable `FLOCODER_CHECKS` is set.
pub fn checked() -> bool {
    cfg!(debug_assertions) || std::env::var_os("FLOCODER_CHECKS").is_some()
}

fn shader_module(device: &wgpu::Device, descriptor: wgpu::ShaderModuleDescriptor<'_>) -> wgpu::ShaderModule {
    if checked() {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: the kernels are this project's own; each guards its indices, its loops end, and its divisors are not zero.
    // They run with the checks on in the tests of checked builds.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

fn layout_entry(place: usize, binding: &Binding) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: place as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: !binding.writable },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    }
}

/// The bind groups that were made, by pipeline and tensor ranges.
#[derive(Default)]
pub(super) struct BindGroups {
    made: HashMap<Vec<u64>, wgpu::BindGroup>,
}

impl BindGroups {
    /// A run with changing shapes would keep bind groups without end: past this many, all are forgotten.
    const MOST: usize = 16_384;

    pub fn get(&mut self, device: &wgpu::Device, compiled: &Compiled, tensors: &[&Tensor]) -> &wgpu::BindGroup {
        if self.made.len() > Self::MOST {
            self.made.clear();
        }
        let mut key = Vec::with_capacity(1 + 3 * tensors.len());
        key.push(compiled.id);
        for tensor in tensors {
            key.extend([tensor.storage().id(), tensor.byte_offset(), tensor.bytes()]);
        }
        self.made.entry(key).or_insert_with(|| {
            let entries: Vec<_> = tensors.iter().enumerate().map(|(place, tensor)| bind(place, tensor)).collect();
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(compiled.name),
                layout: &compiled.layout,
                entries: &entries,
            })
        })
    }
}

/// Binds a tensor's range, rounded up to 16 bytes so that it can be read as `vec4`.
fn bind<'a>(place: usize, tensor: &'a Tensor) -> wgpu::BindGroupEntry<'a> {
    let size = tensor.bytes().next_multiple_of(16).max(16);
    wgpu::BindGroupEntry {
        binding: place as u32,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: tensor.storage().buffer(),
            offset: tensor.byte_offset(),
            size: std::num::NonZeroU64::new(size),
        }),
    }
}
