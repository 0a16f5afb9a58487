//! `flocoder devices`: the adapters, their features, and which one is used and why.

use super::global::{Global, describe};
use crate::error::Result;
use crate::gpu::adapters::{Adapters, Chosen, DEVICE_VARIABLE};
use crate::gpu::{Gpu, matrix_units};
use crate::terminal::print;
use wgpu::{DeviceType, Features};

const EXAMPLES: &str = "Examples:\n  flocoder devices\n  flocoder devices --device llvmpipe";

/// Arguments of `devices`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {}

/// The features that the kernels use, by their usual names.
const FEATURES: &[(&str, Features)] = &[
    ("immediates", Features::IMMEDIATES),
    ("f16", Features::SHADER_F16),
    ("subgroups", Features::SUBGROUP),
    ("timestamps", Features::TIMESTAMP_QUERY),
    ("cooperative matrices", Features::EXPERIMENTAL_COOPERATIVE_MATRIX),
];

/// Prints every adapter, then the one that would be used.
///
/// # Errors
/// No adapter, none of the given name, or one that cannot run the kernels.
pub fn run(_: &Args, global: &Global) -> Result<()> {
    let adapters = Adapters::list();
    for (number, adapter) in adapters.iter() {
        print(listed(number, adapter))?;
    }
    let chosen = adapters.choose(global.device.as_deref())?;
    let gpu = Gpu::open(global.device.as_deref())?;
    print(format_args!("used: {}: {}, {}", chosen.index, describe(&gpu), why(&chosen, global)))?;
    gpu.capabilities().notes.iter().try_for_each(|text| print(format_args!("note: {text}")))
}

fn listed(number: usize, adapter: &wgpu::Adapter) -> String {
    let (info, features, limits) = (adapter.get_info(), adapter.features(), adapter.limits());
    let (has, lacks): (Vec<_>, Vec<_>) = FEATURES.iter().partition(|(_, feature)| features.contains(*feature));
    let names = |list: Vec<&(&'static str, Features)>| match list.is_empty() {
        true => "none".to_owned(),
        false => list.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    };
    let mebibytes = |bytes: u64| bytes >> 20;
    format!(
        "{number}: {name}\n   \
         {kind} through {backend:?}, driver {driver} {driver_info}\n   \
         has: {has}; lacks: {lacks}\n   \
         matrix units: {matrices}\n   \
         subgroups of {subgroup_min} to {subgroup_max}, workgroups of up to {workgroup} with {memory} KiB of memory\n   \
         storage bindings of up to {binding} MiB in buffers of up to {buffer} MiB, {bindings} per kernel\n",
        name = info.name,
        kind = kind(info.device_type),
        backend = info.backend,
        driver = info.driver,
        driver_info = info.driver_info,
        has = names(has),
        lacks = names(lacks),
        matrices = matrices(adapter),
        subgroup_min = info.subgroup_min_size,
        subgroup_max = info.subgroup_max_size,
        workgroup = limits.max_compute_invocations_per_workgroup,
        memory = limits.max_compute_workgroup_storage_size >> 10,
        binding = mebibytes(limits.max_storage_buffer_binding_size),
        buffer = mebibytes(limits.max_buffer_size),
        bindings = limits.max_storage_buffers_per_shader_stage,
    )
}

/// The matrix shapes that the adapter supports, and which of them the kernels use.
fn matrices(adapter: &wgpu::Adapter) -> String {
    let shapes: Vec<String> = adapter
        .cooperative_matrix_properties()
        .iter()
        .map(|shape| {
            let [operands, sum] = [shape.ab_type, shape.cr_type].map(|number| format!("{number:?}").to_lowercase());
            format!("{}x{}x{} of {operands} in {sum}", shape.m_size, shape.n_size, shape.k_size)
        })
        .collect();
    let used = match matrix_units::reported(adapter) {
        Some(units) => format!("used for f16: {0}x{0}x{0} in f32, {1} lanes", units.side, units.lanes),
        None => "none used".to_owned(),
    };
    if shapes.is_empty() { "none".to_owned() } else { format!("{} ({used})", shapes.join(", ")) }
}

fn kind(device_type: DeviceType) -> &'static str {
    match device_type {
        DeviceType::DiscreteGpu => "discrete GPU",
        DeviceType::IntegratedGpu => "integrated GPU",
        DeviceType::VirtualGpu => "virtual GPU",
        DeviceType::Cpu => "software (the processor)",
        DeviceType::Other => "of unknown type",
    }
}

fn why(chosen: &Chosen, global: &Global) -> String {
    if global.device.is_some() {
        return "chosen by --device".to_owned();
    }
    if std::env::var(DEVICE_VARIABLE).is_ok_and(|name| !name.is_empty()) {
        return format!("chosen by {DEVICE_VARIABLE}");
    }
    match chosen.adapter.get_info().device_type {
        DeviceType::Cpu => "the processor itself, because no GPU with a driver was found".to_owned(),
        other => format!("the first {} (--device chooses another)", kind(other)),
    }
}
