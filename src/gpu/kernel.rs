//! A kernel: its source, how it is assembled, compiled once per set of constants, and launched.
//!
//! Shader text is a minijinja template: `{% include "shared/..." %}` brings in what several kernels share, `{{ name }}` is a
//! constant of the launch, loops write out what must be unrolled. An unknown include or constant is an error. Two names
//! are always there: `immediates`, the line that declares `params`, and `subgroup` (1 or 0).

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior};
use wgpu::naga;

use super::device::Capabilities;
use crate::tensor::Tensor;

/// Text that several kernels include, by the name that they include it under.
pub const SHARED: &[(&str, &str)] = &[
    ("shared/conv_operands.wgsl", include_str!("../../shaders/shared/conv_operands.wgsl")),
    ("shared/divide.wgsl", include_str!("../../shaders/shared/divide.wgsl")),
    ("shared/head_of_32.wgsl", include_str!("../../shaders/shared/head_of_32.wgsl")),
    ("shared/index.wgsl", include_str!("../../shaders/shared/index.wgsl")),
    ("shared/nearest_code.wgsl", include_str!("../../shaders/shared/nearest_code.wgsl")),
    ("shared/linear_attention.wgsl", include_str!("../../shaders/shared/linear_attention.wgsl")),
    ("shared/normal.wgsl", include_str!("../../shaders/shared/normal.wgsl")),
    ("shared/outer_subgroup.wgsl", include_str!("../../shaders/shared/outer_subgroup.wgsl")),
    ("shared/outer_tile.wgsl", include_str!("../../shaders/shared/outer_tile.wgsl")),
    ("shared/philox.wgsl", include_str!("../../shaders/shared/philox.wgsl")),
    ("shared/product_subgroup.wgsl", include_str!("../../shaders/shared/product_subgroup.wgsl")),
    ("shared/product_tile.wgsl", include_str!("../../shaders/shared/product_tile.wgsl")),
    ("shared/rows.wgsl", include_str!("../../shaders/shared/rows.wgsl")),
    ("shared/sigmoid.wgsl", include_str!("../../shaders/shared/sigmoid.wgsl")),
    ("shared/team.wgsl", include_str!("../../shaders/shared/team.wgsl")),
    ("shared/turn.wgsl", include_str!("../../shaders/shared/turn.wgsl")),
    ("shared/window.wgsl", include_str!("../../shaders/shared/window.wgsl")),
];

/// How the constants of a launch are declared to the shader.
const IMMEDIATES: &str = "var<immediate> params: Params;";

/// A kernel's name and source. The name is the file's stem in `shaders/`, the label in captures and profiles, the bench's
/// id and the name of the function in `reference`.
pub struct Kernel {
    /// The one name.
    pub name: &'static str,
    /// The template's text.
    pub source: &'static str,
}

impl Kernel {
    /// A kernel from `shaders/<name>.wgsl`.
    pub const fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, source }
    }
}

/// Template constants of a launch: what a pipeline is compiled for.
pub type Constants<'a> = &'a [(&'static str, u32)];

/// A kernel as the tests see it: what it is compiled for, and what Rust believes it to declare.
pub struct Registered {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Sets of constants that it is compiled for; one empty set where it takes none.
    pub variants: &'static [Constants<'static>],
    /// Bytes of its `Params`.
    pub params: usize,
    /// Number of bindings.
    pub bindings: usize,
    /// Whether it uses subgroups, so that it runs only where the adapter has them.
    pub subgroups: bool,
}

impl Registered {
    /// A kernel that takes no constants and no subgroups.
    pub const fn plain(kernel: &'static Kernel, params: usize, bindings: usize) -> Self {
        Self { kernel, variants: &[&[]], params, bindings, subgroups: false }
    }
}

/// One dispatch: which kernel, compiled for which constants, with which `Params`, on which tensors, over which grid.
pub struct Launch<'a> {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Template constants; each distinct set is one pipeline.
    pub constants: Constants<'a>,
    /// The bytes of the kernel's `Params` (at most 128).
    pub params: &'a [u8],
    /// Bindings of group 0, in order.
    pub bindings: &'a [&'a Tensor],
    /// Workgroups.
    pub grid: Grid,
}

/// Workgroups of a dispatch along x, y and z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid(pub [u32; 3]);

impl Grid {
    /// The most workgroups along one dimension that every adapter allows.
    const FOLD: usize = 65_535;

    /// `workgroups` of them in a row, folded into x and y; `shared/index.wgsl` unfolds them.
    #[track_caller]
    pub fn linear(workgroups: usize) -> Self {
        if workgroups <= Self::FOLD {
            return Self([workgroups as u32, 1, 1]);
        }
        let rows = workgroups.div_ceil(Self::FOLD);
        assert!(rows <= Self::FOLD, "a grid of {workgroups} workgroups cannot be folded");
        Self([workgroups.div_ceil(rows) as u32, rows as u32, 1])
    }

    /// Enough workgroups of `size` invocations for `items` of them.
    #[track_caller]
    pub fn covering(items: usize, size: usize) -> Self {
        Self::linear(items.div_ceil(size))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.contains(&0)
    }
}

/// A compiled pipeline and what is needed to bind to it.
pub(super) struct Compiled {
    pub name: &'static str,
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    pub id: u64,
}

type Key = (&'static str, Vec<(&'static str, u32)>);

/// Pipelines compiled so far.
pub(super) struct Pipelines {
    compiled: HashMap<Key, Arc<Compiled>>,
    subgroup: bool,
}

impl Pipelines {
    pub fn new(capabilities: &Capabilities) -> Self {
        Self { compiled: HashMap::new(), subgroup: capabilities.subgroup_size.is_some() }
    }

    /// The pipeline of a launch, compiled at its first use.
    pub fn get(&mut self, device: &wgpu::Device, launch: &Launch<'_>) -> Arc<Compiled> {
        let key = (launch.kernel.name, launch.constants.to_vec());
        if let Some(found) = self.compiled.get(&key) {
            return found.clone();
        }
        let id = self.compiled.len() as u64;
        let compiled = Arc::new(compile(device, launch, self.subgroup, id));
        self.compiled.insert(key, compiled.clone());
        compiled
    }
}

/// Assembles a kernel's WGSL for a set of constants.
///
/// # Panics
/// If the template does not render: an unknown include or constant is a mistake in the program.
#[track_caller]
pub fn assemble(kernel: &Kernel, constants: Constants<'_>, subgroup: bool) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in SHARED {
        environment.add_template(name, text).unwrap_or_else(|error| panic!("shaders/{name}: {error:#}"));
    }
    let mut values: HashMap<&str, minijinja::Value> =
        constants.iter().map(|&(name, value)| (name, value.into())).collect();
    values.insert("immediates", IMMEDIATES.into());
    values.insert("subgroup", u32::from(subgroup).into());
    environment
        .render_named_str(kernel.name, kernel.source, values)
        .unwrap_or_else(|error| panic!("shaders/{}.wgsl: {error:#}", kernel.name))
}

/// One binding of a shader: whether the kernel may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// `var<storage, read_write>`.
    pub writable: bool,
}

/// What a shader declares: the bindings of group 0 in order, and the bytes of its `Params`.
///
/// # Errors
/// The text of naga's parse error.
pub fn reflect(wgsl: &str) -> std::result::Result<(Vec<Binding>, u32), String> {
    let module = naga::front::wgsl::parse_str(wgsl).map_err(|error| error.emit_to_string(wgsl))?;
    let (mut bindings, mut immediate_bytes) = (Vec::new(), 0);
    for (_, variable) in module.global_variables.iter() {
        match variable.space {
            naga::AddressSpace::Storage { access } => {
                let place = variable.binding.as_ref().map_or(0, |binding| binding.binding);
                bindings.push((place, Binding { writable: access.contains(naga::StorageAccess::STORE) }));
            }
            naga::AddressSpace::Immediate => immediate_bytes = module.types[variable.ty].inner.size(module.to_ctx()),
            _ => {}
        }
    }
    bindings.sort_by_key(|&(place, _)| place);
    Ok((bindings.into_iter().map(|(_, binding)| binding).collect(), immediate_bytes))
}

#[track_caller]
fn compile(device: &wgpu::Device, launch: &Launch<'_>, subgroup: bool, id: u64) -> Compiled {
    let name = launch.kernel.name;
    let wgsl = assemble(launch.kernel, launch.constants, subgroup);
    let (bindings, immediate_size) = reflect(&wgsl).unwrap_or_else(|error| panic!("shaders/{name}.wgsl: {error}"));
    assert_eq!(bindings.len(), launch.bindings.len(), "{name}: bindings in the shader and in the launch");
    assert_eq!(immediate_size as usize, launch.params.len(), "{name}: bytes of Params in the shader and in the launch");
    let entries: Vec<_> = bindings.iter().enumerate().map(|(place, binding)| layout_entry(place, *binding)).collect();
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

fn layout_entry(place: usize, binding: Binding) -> wgpu::BindGroupLayoutEntry {
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
