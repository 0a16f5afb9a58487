//! Matrix units: whether the adapter has some that the kernels can use, and whether its driver computes right with them.
//!
//! wgpu calls them cooperative matrices and its support experimental. The lanes of a subgroup hold a small matrix together, load
//! it from memory, multiply and store it. Products take f16 and sum in f32.

use super::assembly::assemble;
use super::kernel::{Kernel, Registered};
use wgpu::{Adapter, Backend, CooperativeScalarType, Device, Features, Queue};

/// What they are tried by before anything relies on them.
static MATRIX_TRIAL: Kernel = Kernel::new("matrix_trial", include_str!("../../shaders/matrix_trial.wgsl"));

/// What an adapter needs to have for them.
pub(super) const FEATURE: Features = Features::EXPERIMENTAL_COOPERATIVE_MATRIX;

/// The matrices that a product is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixUnits {
    /// Rows and columns: 16, or 8 through Metal.
    pub side: u32,
    /// Lanes of a subgroup, which hold one together.
    pub lanes: u32,
    /// Whether there are none, and ordinary arithmetic plays their part: slow, to test the kernels' other parts anywhere.
    pub played: bool,
}

/// What the adapter reports, if it is of use: square matrices of f16 with sums in f32, and subgroups of one size.
pub fn reported(adapter: &Adapter) -> Option<MatrixUnits> {
    let needed = FEATURE | Features::SHADER_F16 | Features::SUBGROUP;
    if !adapter.features().contains(needed) {
        return None;
    }
    let info = adapter.get_info();
    let lanes = match info.backend {
        // Metal gives a range for any GPU; those with matrix units have subgroups of 32.
        Backend::Metal => 32,
        _ if info.subgroup_min_size == info.subgroup_max_size => info.subgroup_min_size,
        _ => return None,
    };
    let shapes = adapter.cooperative_matrix_properties();
    let has = |side: &u32| {
        shapes.iter().any(|shape| {
            [shape.m_size, shape.n_size, shape.k_size] == [*side; 3]
                && shape.ab_type == CooperativeScalarType::F16
                && shape.cr_type == CooperativeScalarType::F32
        })
    };
    [16, 8].into_iter().find(has).map(|side| MatrixUnits { side, lanes, played: false })
}

/// The same, if a first product on the device comes out right; else a warning, and products go without matrix units.
pub(super) fn usable(adapter: &Adapter, device: &Device, queue: &Queue) -> Option<MatrixUnits> {
    let units = reported(adapter).filter(|_| device.features().contains(FEATURE))?;
    match trial(device, queue, units) {
        Ok(()) => Some(units),
        Err(reason) => {
            eprintln!("matrix units are not used: {} {reason}", adapter.get_info().name);
            None
        }
    }
}

/// Loads two matrices in both orders, as the kernels do, multiplies them, and compares with what the host says.
fn trial(device: &Device, queue: &Queue, units: MatrixUnits) -> Result<(), String> {
    let elements = (units.side * units.side) as usize;
    let text = assemble(&MATRIX_TRIAL, &[("matrix", units.side), ("lanes", units.lanes)], true);
    let scopes = [wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory]
        .map(|filter| device.push_error_scope(filter));
    let values = run(device, queue, &text, 4 * elements as u64);
    // Scopes are a stack.
    let errors = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop())).collect::<Vec<_>>();
    if let Some(error) = errors.first() {
        return Err(format!("rejects a kernel that uses them ({error})"));
    }
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&values.ok_or("does not finish a kernel that uses them")?);
    if values != expected(units.side) {
        return Err("computes a wrong product with them".to_owned());
    }
    Ok(())
}

/// What the trial has to write.
fn expected(side: u32) -> Vec<f32> {
    let a = |i: u32, j: u32| (3 * i + j) % 7;
    let b = |i: u32, j: u32| (i + 5 * j) % 11;
    let element = |i, j| (0..side).map(|k| a(i, k) * b(k, j) + a(k, i) * b(j, k)).sum::<u32>();
    (0..side * side).map(|at| element(at / side, at % side) as f32).collect()
}

/// Runs a kernel of one workgroup that writes `bytes` bytes; `None` if they cannot be read back.
fn run(device: &Device, queue: &Queue, wgsl: &str, bytes: u64) -> Option<Vec<u8>> {
    let buffer = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("trial"),
            size: bytes,
            usage,
            mapped_at_creation: false,
        })
    };
    let output = buffer(wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
    let readable = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("trial"),
        source: wgpu::ShaderSource::Wgsl(wgsl.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("trial"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: Default::default(),
        cache: None,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("trial"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: output.as_entire_binding() }],
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &group, &[]);
    pass.dispatch_workgroups(1, 1, 1);
    drop(pass);
    encoder.copy_buffer_to_buffer(&output, 0, &readable, 0, bytes);
    queue.submit([encoder.finish()]);
    readable.map_async(wgpu::MapMode::Read, .., |_| ());
    device.poll(wgpu::PollType::wait_indefinitely()).ok()?;
    Some(readable.get_mapped_range(..).ok()?.to_vec())
}

/// For the tests: both sides.
pub(crate) fn registered() -> Vec<Registered> {
    static VARIANTS: [&[(&str, u32)]; 2] = [&[("matrix", 16), ("lanes", 32)], &[("matrix", 8), ("lanes", 32)]];
    vec![Registered { kernel: &MATRIX_TRIAL, variants: &VARIANTS, params: 0, bindings: 1, subgroups: true }]
}
