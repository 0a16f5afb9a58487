//! Translation of kernels to the shading languages of other backends.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use flocoder::dtype::Dtype;
use flocoder::gpu::pipeline::Variant;
use flocoder::shader::ir::validate;

/// Translates a variant once, and the same variant with every float stored in f16.
#[track_caller]
pub fn variant_translates(variant: &Variant) {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{variant:?}")) {
        return;
    }
    translates(variant);
    if !variant.stored.contains(&Dtype::F16) {
        let in_f16 = |dtype: &Dtype| if *dtype == Dtype::F32 { Dtype::F16 } else { *dtype };
        translates(&Variant { stored: variant.stored.iter().map(in_f16).collect(), ..variant.clone() });
    }
}

#[track_caller]
fn translates(variant: &Variant) {
    let (name, parsed) = (variant.kernel.name, variant.parsed());
    let info = validate(&parsed.module, &parsed.text).unwrap_or_else(|error| panic!("{name}: {error}"));
    has_no_local_arrays(name, &parsed.module);
    let wgsl = parsed.wgsl().unwrap_or_else(|error| panic!("{name}: {error}"));
    keep(name, "wgsl", wgsl.as_bytes());
    if parsed.converted {
        naga::front::wgsl::parse_str(&wgsl).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&wgsl)));
    }
    translate(name, &parsed.module, &info);
}

/// naga decorates the types of arrays with a stride whatever their address space. SPIR-V forbids that for variables of functions and
/// workgroups alike, and drivers were seen to crash at the former.
#[track_caller]
fn has_no_local_arrays(name: &str, module: &naga::Module) {
    let entries = module.entry_points.iter().map(|entry| &entry.function);
    for function in module.functions.iter().map(|(_, function)| function).chain(entries) {
        for (_, variable) in function.local_variables.iter() {
            let is_array = matches!(module.types[variable.ty].inner, naga::TypeInner::Array { .. });
            assert!(!is_array, "{name}: an array in a function: {variable:?}");
        }
    }
}

/// Keeps a text or module, once, in the folder that the environment variable `FLOCODER_TRANSLATIONS` names, for other compilers to
/// judge (`scripts/test-drivers`).
fn keep(name: &str, extension: &str, contents: &[u8]) {
    if let Ok(folder) = std::env::var("FLOCODER_TRANSLATIONS") {
        let hash = blake3::hash(contents).to_hex();
        std::fs::write(Path::new(&folder).join(format!("{name}-{}.{extension}", &hash[..12])), contents).unwrap();
    }
}

/// Translates a module to SPIR-V, Metal and HLSL.
fn translate(name: &str, module: &naga::Module, info: &naga::valid::ModuleInfo) {
    use naga::back::{hlsl, msl, spv};
    let spirv = spv::Options { lang_version: (1, 3), ..Default::default() };
    let words = spv::write_vec(module, info, &spirv, None).unwrap_or_else(|error| panic!("{name} to SPIR-V: {error}"));
    keep(name, "spv", bytemuck::cast_slice(&words));
    let metal = msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
    msl::write_string(module, info, &metal, &msl::PipelineOptions::default())
        .unwrap_or_else(|error| panic!("{name} to MSL: {error}"));
    if module_uses_matrices(module) {
        // Direct3D has no matrix units.
        return;
    }
    // With dxcompiler.dll, and without, where there are neither 16-bit floats nor subgroups.
    let old = (!uses_new_features(module)).then_some(hlsl::ShaderModel::V5_1);
    for shader_model in [hlsl::ShaderModel::V6_2].into_iter().chain(old) {
        let direct = hlsl::Options {
            shader_model,
            fake_missing_bindings: true,
            immediates_target: Some(hlsl::BindTarget::default()),
            ..Default::default()
        };
        let mut text = String::new();
        hlsl::Writer::new(&mut text, &direct, &hlsl::PipelineOptions::default())
            .write(module, info, None)
            .unwrap_or_else(|error| panic!("{name} to HLSL {shader_model:?}: {error}"));
        if shader_model == hlsl::ShaderModel::V5_1 {
            keep(name, "hlsl", text.as_bytes());
        }
    }
}

fn uses_new_features(module: &naga::Module) -> bool {
    let is_f16 = |inner: &naga::TypeInner| inner.scalar() == Some(naga::Scalar::F16);
    let by_subgroup = |argument: &naga::FunctionArgument| {
        use naga::BuiltIn::{SubgroupId, SubgroupInvocationId, SubgroupSize};
        matches!(argument.binding, Some(naga::Binding::BuiltIn(SubgroupId | SubgroupInvocationId | SubgroupSize)))
    };
    module.types.iter().any(|(_, ty)| is_f16(&ty.inner))
        || module.entry_points.iter().any(|entry| entry.function.arguments.iter().any(by_subgroup))
        || uses_subgroups(module)
}

/// Whether a function has a statement of subgroups; they may be nested in blocks.
fn uses_subgroups(module: &naga::Module) -> bool {
    fn has(block: &naga::Block) -> bool {
        use naga::Statement;
        block.iter().any(|statement| match statement {
            Statement::SubgroupBallot { .. }
            | Statement::SubgroupGather { .. }
            | Statement::SubgroupCollectiveOperation { .. } => true,
            Statement::Block(block) => has(block),
            Statement::If { accept, reject, .. } => has(accept) || has(reject),
            Statement::Loop { body, continuing, .. } => has(body) || has(continuing),
            Statement::Switch { cases, .. } => cases.iter().any(|case| has(&case.body)),
            _ => false,
        })
    }
    let entries = module.entry_points.iter().map(|entry| &entry.function);
    module.functions.iter().map(|(_, function)| function).chain(entries).any(|function| has(&function.body))
}

fn module_uses_matrices(module: &naga::Module) -> bool {
    module.types.iter().any(|(_, ty)| matches!(ty.inner, naga::TypeInner::CooperativeMatrix { .. }))
}
