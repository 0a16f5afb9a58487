//! Every kernel against its f64 reference, and every shader against the other languages it must become.

mod common;

use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::assembly::{Binding, assemble, reflect};
use flocoder::gpu::{Body, Forced, Gpu, MatrixUnits, half};
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
    for body in [Body::Tile, Body::Matrix, Body::Subgroup].into_iter().filter(|&body| body != gpu.capabilities().body) {
        let forced = Gpu::open_forced(None, Forced { body: Some(body), ..Forced::default() }).unwrap();
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
    for body in [Body::Tile, Body::Matrix] {
        for tile in tiles(body) {
            let forced = Gpu::open_forced(None, Forced { body: Some(body), tile: Some(tile), matrix: None }).unwrap();
            if forced.capabilities().body != body {
                eprintln!("skipped: {} cannot run the {} body", forced.capabilities().name, body.name());
                continue;
            }
            let cases = for_tiles().into_iter();
            match body {
                // Matrix units take f16 alone.
                Body::Matrix => agree_with_reference(&forced, cases.map(Case::in_f16).collect()),
                _ => agree_with_reference(&forced, cases.collect()),
            }
            let constants = forced.latest_constants("conv_fwd").unwrap();
            let value = |wanted| constants.iter().find(|(name, _)| *name == wanted).unwrap().1;
            assert_eq!([value("rows") as usize, value("columns") as usize], tile);
            assert_eq!(value("matrix") > 0, body == Body::Matrix);
        }
    }
}

#[test]
fn the_matrix_body_agrees_with_the_reference_where_ordinary_arithmetic_plays_its_units() {
    let Some(gpu) = common::gpu() else { return };
    let (Some(lanes), true) = (gpu.capabilities().subgroup_size, gpu.capabilities().f16) else {
        return eprintln!("skipped: {} has no 16-bit floats or no subgroups of one size", gpu.capabilities().name);
    };
    for side in [16, 8] {
        let matrix = Some(MatrixUnits { side, lanes, played: true });
        let forced = Gpu::open_forced(None, Forced { body: Some(Body::Matrix), tile: Some([32, 32]), matrix }).unwrap();
        let small = named(&["3x 25x33x36", "17x16x592, split", "conv5x5 b1 12->20 6x11"]);
        assert_eq!(small.len(), 9);
        agree_with_reference(&forced, small.into_iter().map(Case::in_f16).collect());
        assert!(forced.latest_constants("conv_dw").unwrap().contains(&("matrix", side)));
    }
}

/// Few cases that use all of a tile: its edges, several of them, each operand's way of being loaded.
fn for_tiles() -> Vec<Case> {
    named(&["3x 25x33x36", "1x 63x66x128", "66x4736, split", "conv3x3 b1 64->64 16x17", "conv5x5 b1 12->20 6x11"])
}

/// The product core's awkward cases of these shapes.
fn named(shapes: &[&str]) -> Vec<Case> {
    let wanted = |case: &Case| shapes.iter().any(|shape| case.shape.contains(shape));
    cases::product::cases(Size::Awkward).into_iter().filter(wanted).collect()
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
