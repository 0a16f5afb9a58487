//! Pipelines, compiled once per kernel, set of constants and element types of the bindings, and the bind groups made for them.

use std::collections::HashMap;
use std::sync::Arc;

use super::launch::View;
use super::pool::ALIGNMENT;
use crate::dtype::Dtype;
use crate::shader::reflect::{Binding, reflect};
use crate::shader::{Constants, Kernel, f16_storage, restricted, template};

/// A compiled pipeline and its bind group layout.
pub(super) struct Compiled {
    pub name: &'static str,
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    pub id: u64,
}

/// A kernel as it was compiled: for which constants, and for bindings of which element types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variant {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Its constants.
    pub constants: Vec<(&'static str, u32)>,
    /// Element types of its bindings.
    pub stored: Vec<Dtype>,
}

impl Variant {
    /// Its text, adapted to the element types of its bindings, and what that text declares: bindings, and bytes of `Params`.
    ///
    /// # Panics
    /// A text that naga does not parse, or a wrong number of bindings, is a bug in the program.
    #[track_caller]
    pub fn text(&self) -> (String, Vec<Binding>, u32) {
        let name = self.kernel.name;
        let wgsl = template::render(self.kernel, &self.constants);
        let (bindings, params) = reflect(&wgsl).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(bindings.len(), self.stored.len(), "{name}: bindings in the shader and in the launch");
        let wgsl = f16_storage::store(&wgsl, &bindings, &self.stored).unwrap_or_else(|error| panic!("{name}: {error}"));
        (wgsl, bindings, params)
    }
}

/// Pipelines compiled so far.
pub(super) struct Pipelines {
    /// Whether to compile with run-time checks.
    pub checked: bool,
    compiled: HashMap<Variant, Arc<Compiled>>,
    /// The variant that each kernel was last launched in.
    latest: HashMap<&'static str, Variant>,
}

impl Default for Pipelines {
    fn default() -> Self {
        Self { checked: checked(), compiled: HashMap::new(), latest: HashMap::new() }
    }
}

impl Pipelines {
    /// The pipeline of a launch, compiled at its first use.
    #[track_caller]
    pub fn get(
        &mut self,
        device: &wgpu::Device,
        kernel: &'static Kernel,
        constants: Constants<'_>,
        params: usize,
        views: &[View<'_>],
    ) -> Arc<Compiled> {
        let stored = views.iter().map(|view| view.dtype).collect();
        let variant = Variant { kernel, constants: constants.to_vec(), stored };
        if let Some(found) = self.compiled.get(&variant) {
            self.latest.insert(kernel.name, variant);
            return found.clone();
        }
        let id = self.compiled.len() as u64;
        let compiled = Arc::new(compile(device, &variant, params, id, self.checked));
        self.latest.insert(kernel.name, variant.clone());
        self.compiled.insert(variant, compiled.clone());
        compiled
    }

    /// The variant that a kernel was last launched in.
    pub fn latest(&self, kernel: &str) -> Option<&Variant> {
        self.latest.get(kernel)
    }

    /// Every variant compiled so far.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.compiled.keys()
    }
}

#[track_caller]
fn compile(device: &wgpu::Device, variant: &Variant, params: usize, id: u64, checked: bool) -> Compiled {
    let name = variant.kernel.name;
    let (mut wgsl, bindings, immediate_size) = variant.text();
    if checked {
        wgsl = restricted::restrict(&wgsl, &bindings);
    }
    assert_eq!(immediate_size as usize, params, "{name}: bytes of Params in the shader and in the launch");
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
        checked,
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

/// Whether kernels are compiled with run-time checks of indices and loops: in builds with debug assertions, or when the environment
/// variable `FLOCODER_CHECKS` is set.
pub fn checked() -> bool {
    cfg!(debug_assertions) || std::env::var_os("FLOCODER_CHECKS").is_some()
}

fn shader_module(
    device: &wgpu::Device,
    descriptor: wgpu::ShaderModuleDescriptor<'_>,
    checked: bool,
) -> wgpu::ShaderModule {
    if checked {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: the kernels are this project's own; each guards its indices, its loops end, and its divisors are not zero.
    // A test compares each bit for bit with the same kernel with checks, which move an index beyond the end to the last element.
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

/// Bind groups by pipeline and ranges of buffers.
#[derive(Default)]
pub(super) struct BindGroups {
    made: HashMap<Vec<u64>, wgpu::BindGroup>,
}

impl BindGroups {
    /// Changing shapes would accumulate bind groups without bound. Above this number, all are dropped.
    const MOST: usize = 16_384;

    pub fn get(&mut self, device: &wgpu::Device, compiled: &Compiled, views: &[View<'_>]) -> &wgpu::BindGroup {
        if self.made.len() > Self::MOST {
            self.made.clear();
        }
        let mut key = Vec::with_capacity(1 + 3 * views.len());
        key.push(compiled.id);
        for view in views {
            key.extend([view.storage.id(), view.offset, view.bytes]);
        }
        self.made.entry(key).or_insert_with(|| {
            let entries: Vec<_> = views.iter().enumerate().map(|(place, view)| bind(place, view)).collect();
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(compiled.name),
                layout: &compiled.layout,
                entries: &entries,
            })
        })
    }
}

/// Binds a view, rounded up to 16 bytes so that it can be read as `vec4`.
fn bind<'a>(place: usize, view: &View<'a>) -> wgpu::BindGroupEntry<'a> {
    let size = view.bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
    wgpu::BindGroupEntry {
        binding: place as u32,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: view.storage.buffer(),
            offset: view.offset,
            size: std::num::NonZeroU64::new(size),
        }),
    }
}
