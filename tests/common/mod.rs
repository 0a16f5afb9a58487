//! Shared by the tests: one device with its compiled kernels, and translation to the other shading languages; golden files;
//! music; the built program.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod golden;
pub mod music;
pub mod program;

use std::sync::OnceLock;

use flocoder::gpu::Gpu;

/// The device, shared by all tests of a binary because compiling pipelines is slow. `None` without an adapter, which
/// `FLOCODER_REQUIRE_GPU=1` makes a failure.
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    GPU.get_or_init(|| match Gpu::open(None) {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var("FLOCODER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    })
    .as_ref()
}

/// Translates a module to SPIR-V, Metal and HLSL.
pub fn translate(name: &str, module: &naga::Module, info: &naga::valid::ModuleInfo) {
    use naga::back::{hlsl, msl, spv};
    let spirv = spv::Options { lang_version: (1, 3), ..Default::default() };
    spv::write_vec(module, info, &spirv, None).unwrap_or_else(|error| panic!("{name} to SPIR-V: {error}"));
    let metal = msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
    msl::write_string(module, info, &metal, &msl::PipelineOptions::default())
        .unwrap_or_else(|error| panic!("{name} to MSL: {error}"));
    if module_uses_matrices(module) {
        // Direct3D has no matrix units.
        return;
    }
    let direct = hlsl::Options {
        shader_model: hlsl::ShaderModel::V6_2,
        fake_missing_bindings: true,
        immediates_target: Some(hlsl::BindTarget::default()),
        ..Default::default()
    };
    let mut text = String::new();
    hlsl::Writer::new(&mut text, &direct, &hlsl::PipelineOptions::default())
        .write(module, info, None)
        .unwrap_or_else(|error| panic!("{name} to HLSL: {error}"));
}

fn module_uses_matrices(module: &naga::Module) -> bool {
    module.types.iter().any(|(_, ty)| matches!(ty.inner, naga::TypeInner::CooperativeMatrix { .. }))
}
