//! Every kernel against its f64 reference, and every shader against the other languages it must become.

mod common;

use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::assembly::{Binding, assemble, reflect};
use flocoder::gpu::{Body, Forced, Gpu, half};
use flocoder::ops::product::tiles;
use flocoder::ops::registered;
use flocoder::tensor::Dtype;
use naga::valid::{Capabilities, ValidationFlags, Validator};

#[test]
fn every_kernel_agrees_with_its_reference() {
    let Some(gpu) = common::gpu() else { return };
    agree_with_reference(gpu, cases::all(Size::Awkward));
}

#[test]
fn kernels_of_networks_agree_with_their_references_on_tensors_stored_in_f16() {
    let Some(gpu) = common::gpu() else { return };
    if !gpu.capabilities().f16 {
        return eprintln!("skipped: {} has no 16-bit floats", gpu.capabilities().name);
    }
    agree_with_reference(gpu, cases::all_in_f16(Size::Awkward));
}

#[test]
fn the_product_core_agrees_with_its_reference_in_every_body() {
    let Some(gpu) = common::gpu() else { return };
    for body in [Body::Tile, Body::Subgroup].into_iter().filter(|&body| body != gpu.capabilities().body) {
        let forced = Gpu::open_forced(None, Forced { body: Some(body), tile: None }).unwrap();
        match forced.capabilities().body == body {
            true => {
                agree_with_reference(&forced, cases::product::cases(Size::Awkward));
                if forced.capabilities().f16 {
                    let halves = cases::product::cases(Size::Awkward).into_iter().map(Case::in_f16).collect();
                    agree_with_reference(&forced, halves);
                }
            }
            false => eprintln!("skipped: {} cannot run the {} body", forced.capabilities().name, body.name()),
        }
    }
}

#[test]
fn every_tile_agrees_with_the_reference() {
    if common::gpu().is_none() {
        return;
    }
    for tile in tiles() {
        let forced = Gpu::open_forced(None, Forced { body: Some(Body::Tile), tile: Some(tile) }).unwrap();
        let awkward = cases::product::cases(Size::Awkward);
        let few =
            ["3x 25x33x36", "1x 63x66x128", "66x4736, split", "conv3x3 b1 64->64 16x17", "conv5x5 b1 12->20 6x11"];
        agree_with_reference(
            &forced,
            awkward.into_iter().filter(|case| few.iter().any(|f| case.shape.contains(f))).collect(),
        );
        let [rows, columns] = tile.map(|side| side as u32);
        let constants = forced.latest_constants("conv_fwd").unwrap();
        assert!(constants.contains(&("rows", rows)) && constants.contains(&("columns", columns)), "{constants:?}");
    }
}

#[track_caller]
fn agree_with_reference(gpu: &Gpu, cases: Vec<Case>) {
    let mut failures = Vec::new();
    for case in cases {
        let outcome = case.check(gpu).unwrap_or_else(|error| panic!("{} {}: {error}", case.kernel, case.shape));
        if let Some(outcome) = outcome.filter(|outcome| !outcome.passed()) {
            failures.push(format!("{} {}: {:.1e} > {:.0e}", case.kernel, case.shape, outcome.error, outcome.bound));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_shader_file_is_a_registered_kernel() {
    let known: Vec<&str> = registered().iter().map(|entry| entry.kernel.name).collect();
    for entry in std::fs::read_dir("shaders").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wgsl") {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(known.contains(&stem.as_str()), "shaders/{stem}.wgsl has no kernel in ops::registered()");
        }
    }
}

#[test]
fn bindings_and_params_are_the_same_in_rust_and_wgsl() {
    for entry in registered() {
        for variant in entry.variants {
            let (bindings, params) = reflect(&assemble(entry.kernel, variant, entry.subgroups)).unwrap();
            assert_eq!(bindings.len(), entry.bindings, "{}: bindings", entry.kernel.name);
            assert_eq!(params as usize, entry.params, "{}: bytes of Params", entry.kernel.name);
        }
    }
}

#[test]
fn every_shader_translates_to_spirv_msl_and_hlsl() {
    for entry in registered() {
        for variant in entry.variants {
            let wgsl = assemble(entry.kernel, variant, entry.subgroups);
            translates(entry.kernel.name, &wgsl);
            let (bindings, _) = reflect(&wgsl).unwrap();
            let in_f16 = |binding: &Binding| match binding.dtype {
                Some(Dtype::F32) => Dtype::F16,
                other => other.expect("a binding of numbers"),
            };
            let stored: Vec<Dtype> = bindings.iter().map(in_f16).collect();
            translates(entry.kernel.name, &half::store(&wgsl, &bindings, &stored).unwrap());
        }
    }
}

#[track_caller]
fn translates(name: &str, wgsl: &str) {
    let module = naga::front::wgsl::parse_str(wgsl).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(wgsl)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
        .subgroup_operations(naga::valid::SubgroupOperationSet::all())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(wgsl)));
    common::translate(name, &module, &info);
}
