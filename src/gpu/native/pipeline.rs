//! Pipelines, compiled once per kernel, set of constants and element types of the bindings, and the bind groups made for them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::pool::{GUARD, Storage};
use super::sanitizer::Sanitizer;
use super::uniforms;
use crate::dtype::Dtype;
use crate::gpu::launch::View;
use crate::gpu::size_class::bound;
use crate::shader::reflect::Binding;
use crate::shader::sanitizer::{RECORD, with_record};
use crate::shader::{Constants, Kernel, ParamsSpace, Parsed, template};

/// A compiled pipeline and its bind group layout.
pub(super) struct Compiled {
    pub name: &'static str,
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    pub id: u64,
    /// The additional binding of a kernel whose indices are checked.
    record: Option<Arc<Storage>>,
}

/// A kernel as it was compiled: for which constants, for bindings of which element types, and where its `Params` are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variant {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Its constants.
    pub constants: Vec<(&'static str, u32)>,
    /// Element types of its bindings.
    pub stored: Vec<Dtype>,
    /// Address space of its `Params`.
    pub params: ParamsSpace,
}

impl Variant {
    pub(super) fn of(
        kernel: &'static Kernel,
        constants: Constants<'_>,
        views: &[View<'_>],
        params: ParamsSpace,
    ) -> Self {
        Self { kernel, constants: constants.to_vec(), stored: views.iter().map(|view| view.dtype).collect(), params }
    }

    /// Its text as a module that is adapted to the element types of its bindings.
    ///
    /// # Panics
    /// A text that naga does not parse, or a wrong number of bindings, is a bug in the program.
    #[track_caller]
    pub fn parsed(&self) -> Parsed {
        self.parse(self.rendered())
    }

    /// Its text, adapted to the element types of its bindings, and what that text declares: bindings, and bytes of `Params`.
    ///
    /// # Panics
    /// As [`Variant::parsed`].
    #[track_caller]
    pub fn text(&self) -> (String, Vec<Binding>, u32) {
        let parsed = self.parsed();
        let text = parsed.wgsl().unwrap_or_else(|error| panic!("{}: {error}", self.kernel.name));
        (text, parsed.bindings, parsed.params)
    }

    /// Its text for bindings in the types that it declares.
    fn rendered(&self) -> String {
        template::render(self.kernel, &self.constants, self.params)
    }

    #[track_caller]
    fn parse(&self, text: String) -> Parsed {
        Parsed::new(text, &self.stored).unwrap_or_else(|error| panic!("{}: {error}", self.kernel.name))
    }
}

/// Pipelines compiled so far.
pub(super) struct Pipelines {
    /// Address space of all `Params`.
    params: ParamsSpace,
    /// Loads and stores pairs of f32 as integers of 64 bits.
    pairs: bool,
    /// Compiles with run-time checks.
    pub sanitizer: Option<Sanitizer>,
    /// Changes the text of kernels.
    pub alter: Option<Alter>,
    /// Whether a pipeline was compiled since this was last reset.
    pub compiled_since: bool,
    compiled: HashMap<Variant, Arc<Compiled>>,
    /// The variant that each kernel was last launched in.
    latest: HashMap<&'static str, Variant>,
}

/// A change of a kernel's text, to plant a fault.
pub type Alter = fn(&'static Kernel, String) -> String;

impl Pipelines {
    pub fn new(params: ParamsSpace, pairs: bool) -> Self {
        Self {
            params,
            pairs,
            sanitizer: None,
            alter: None,
            compiled_since: false,
            compiled: HashMap::new(),
            latest: HashMap::new(),
        }
    }

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
        let variant = Variant::of(kernel, constants, views, self.params);
        if let Some(found) = self.compiled.get(&variant) {
            self.latest.insert(kernel.name, variant);
            return found.clone();
        }
        let id = self.compiled.len() as u64;
        let compiled = Arc::new(self.compile(device, &variant, params, id));
        self.compiled_since = true;
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

impl Pipelines {
    #[track_caller]
    fn compile(&mut self, device: &wgpu::Device, variant: &Variant, params: usize, id: u64) -> Compiled {
        let name = variant.kernel.name;
        // An adapter may have no binding left for the record.
        let bindable = device.limits().max_storage_buffers_per_shader_stage as usize;
        let mut sanitizer = self.sanitizer.as_mut().filter(|_| variant.stored.len() < bindable);
        let mut text = self.alter.map_or_else(|| variant.rendered(), |alter| alter(variant.kernel, variant.text().0));
        if sanitizer.is_some() {
            text = with_record(&text, variant.stored.len());
        }
        let mut parsed = variant.parse(text);
        if self.pairs {
            parsed.pair();
        }
        let Parsed { text, mut module, converted, bindings, params: declared } = parsed;
        assert_eq!(declared as usize, params, "{name}: bytes of Params in the shader and in the launch");
        if let Some(sanitizer) = &mut sanitizer {
            sanitizer.check(name, &text, &mut module);
        }
        let record = sanitizer.as_ref().map(|sanitizer| sanitizer.record.clone());
        let writable = bindings.iter().map(|binding| binding.writable).chain(record.as_ref().map(|_| true));
        let entries: Vec<_> = writable.enumerate().map(|(place, writable)| layout_entry(place, writable)).collect();
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries });
        let by_uniform = declared > 0 && variant.params == ParamsSpace::Uniform;
        let uniform = by_uniform.then(|| uniforms::layout(device));
        let layouts = [Some(&layout), uniform.as_ref()];
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &layouts[..1 + usize::from(by_uniform)],
            immediate_size: if by_uniform { 0 } else { declared },
        });
        let source = match converted || sanitizer.is_some() {
            true => wgpu::ShaderSource::Naga(Cow::Owned(module)),
            // With a text, wgpu shows where an error is.
            false => wgpu::ShaderSource::Wgsl(text.into()),
        };
        let module =
            shader_module(device, wgpu::ShaderModuleDescriptor { label: Some(name), source }, self.sanitizer.is_some());
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
        Compiled { name, pipeline, layout, id, record }
    }
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
    // SAFETY: the kernels are this project's own; each guards its indices, its loops end, and its divisors are not zero. Tests run
    // each under every tuning with all its indices into storage and workgroup memory checked on the device (`tests/sanitizer.rs`),
    // and in an interpreter that also checks its divisors (`tests/interpreter`).
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

fn layout_entry(place: usize, writable: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: place as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: !writable },
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
    /// Changing shapes would accumulate bind groups without bound. At this number, all are dropped: recorded commands keep theirs.
    const MOST: usize = 16_384;

    pub fn len(&self) -> usize {
        self.made.len()
    }

    pub fn get(&mut self, device: &wgpu::Device, compiled: &Compiled, views: &[View<'_>]) -> &wgpu::BindGroup {
        let mut key = Vec::with_capacity(1 + 3 * views.len());
        key.push(compiled.id);
        for view in views {
            key.extend([view.storage.id(), view.offset, view.bytes]);
        }
        if self.made.len() >= Self::MOST && !self.made.contains_key(&key) {
            self.made.clear();
        }
        self.made.entry(key).or_insert_with(|| {
            let record = compiled.record.as_deref();
            let record = record.map(|storage| View { storage, offset: 0, bytes: RECORD, dtype: Dtype::U32 });
            let entries: Vec<_> =
                views.iter().chain(&record).enumerate().map(|(place, view)| bind(place, view)).collect();
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(compiled.name),
                layout: &compiled.layout,
                entries: &entries,
            })
        })
    }
}

/// Binds a view, rounded up to 16 bytes so that it can be read as `vec4`. Guard words after it are bound too, so that a kernel that is not
/// checked can overwrite them.
fn bind<'a>(place: usize, view: &View<'a>) -> wgpu::BindGroupEntry<'a> {
    let mut size = bound(view.bytes);
    if view.storage.guard() == Some(view.offset + size) {
        size += GUARD;
    }
    wgpu::BindGroupEntry {
        binding: place as u32,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: view.storage.buffer(),
            offset: view.offset,
            size: std::num::NonZeroU64::new(size),
        }),
    }
}
