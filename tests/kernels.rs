//! Every kernel against its f64 reference, under every tuning, and the translation of every launched variant to the other shading
//! languages.

mod common;

use std::collections::HashSet;

use common::cases::{awkward, for_tiles, named, tunings};
use common::translation::variant_translates;
use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::pipeline::Variant;
use flocoder::gpu::{Capabilities, Gpu, MatrixUnits, Products, Tuning};
use flocoder::ops::product::tiles;
use flocoder::shader::kernels;

/// Software Vulkan can run its own kernels and those of GPUs, so that one list of cases reaches every kernel of the program.
#[test]
fn every_kernel_agrees_with_its_reference_under_every_tuning_and_translates() {
    let Some(gpu) = common::gpu() else { return };
    let mut launched: HashSet<Variant> = agree(gpu, awkward(gpu.capabilities()));
    for tuning in tunings() {
        let Some(tuned) = open(|_| tuning).filter(|tuned| tuned.tuning() != gpu.tuning()) else { continue };
        launched.extend(agree(&tuned, awkward(tuned.capabilities())));
    }
    launched.iter().for_each(variant_translates);
    if !matches!(gpu.capabilities().subgroup_size, Some(8 | 16)) {
        return eprintln!("skipped: without subgroups of 8 or 16, the kernels of software Vulkan do not run");
    }
    let names: HashSet<&str> = launched.iter().map(|variant| variant.kernel.name).collect();
    for kernel in kernels::ALL {
        assert!(names.contains(kernel.name), "no case launches shaders/{}", kernel.file);
    }
}

#[test]
fn every_tile_agrees_with_the_reference() {
    let Some(gpu) = common::gpu() else { return };
    let matrix = gpu.capabilities().matrix;
    for products in [Some(Products::Tile), matrix.map(Products::Matrix)].into_iter().flatten() {
        for tile in tiles(products) {
            let tuned = open(|_| Tuning { products, tile: Some(tile), ..Tuning::gpu(None) }).unwrap();
            let cases = for_tiles().into_iter();
            match products {
                // Matrix units take only f16.
                Products::Matrix(_) => agree(&tuned, cases.map(Case::in_f16).collect()),
                _ => agree(&tuned, cases.collect()),
            };
            let constants = tuned.latest_constants("conv_fwd").unwrap();
            let value = |wanted| constants.iter().find(|(name, _)| *name == wanted).unwrap().1;
            assert_eq!([value("rows") as usize, value("columns") as usize], tile);
            assert_eq!(value("matrix") > 0, products != Products::Tile);
        }
    }
}

#[test]
fn emulated_matrix_units_agree_with_the_reference_and_real_ones_translate() {
    let Some(gpu) = common::gpu() else { return };
    let (Some(lanes), true) = (gpu.capabilities().subgroup_size, gpu.capabilities().f16) else {
        return eprintln!("skipped: {} has no 16-bit floats or no subgroups of one size", gpu.capabilities().name);
    };
    for side in [16, 8] {
        let units = MatrixUnits { side, lanes, emulated: true };
        let tuned = open(|_| Tuning { tile: Some([32, 32]), ..Tuning::gpu(Some(units)) }).unwrap();
        let small = named(&["3x 25x33x36", "17x16x592, split", "conv5x5 b1 12->20 6x11"]);
        assert_eq!(small.len(), 10);
        tuned.try_matrix_units(units).unwrap();
        let launched = agree(&tuned, small.into_iter().map(Case::in_f16).collect());
        assert!(tuned.latest_constants("conv_dw").unwrap().contains(&("matrix", side)));
        for mut variant in launched {
            let emulated = variant.constants.iter_mut().find(|(name, _)| *name == "emulated");
            emulated.into_iter().for_each(|(_, value)| *value = 0);
            variant_translates(&variant);
        }
    }
}

/// A grid is folded beyond what an adapter allows along one dimension. A fold of few workgroups shows that every kernel unfolds it.
#[test]
fn every_kernel_runs_on_a_folded_grid() {
    let Some(gpu) = common::gpu() else { return };
    for tuning in [gpu.tuning().clone(), Tuning::gpu(None)] {
        let tuned = open(|_| Tuning { fold: 300, ..tuning }).unwrap();
        agree(&tuned, cases::all(Size::Awkward, tuned.capabilities()));
    }
}

/// The device under another tuning; `None` if it cannot run it, with the reason on stderr.
fn open(tuning: impl FnOnce(&Capabilities) -> Tuning) -> Option<Gpu> {
    Gpu::open_tuned(None, true, |capabilities| Ok(tuning(capabilities)))
        .map_err(|error| eprintln!("skipped: {error}"))
        .ok()
}

/// Compares each case with its reference and all guard words with what they were, and returns the variants that the device has compiled.
#[track_caller]
fn agree(gpu: &Gpu, cases: Vec<Case>) -> HashSet<Variant> {
    let mut failures = Vec::new();
    // Kernels are not checked here, so that a store beyond the end reaches the guard words.
    gpu.guard_new_buffers(true);
    for case in cases {
        let outcome = case.check(gpu).and_then(|outcome| gpu.check_guards().map(|()| outcome));
        let outcome = outcome.unwrap_or_else(|error| panic!("{} {}: {error}", case.kernel, case.shape));
        if let Some(outcome) = outcome.filter(|outcome| !outcome.passed()) {
            failures.push(format!("{} {}: {:.1e} > {:.0e}", case.kernel, case.shape, outcome.error, outcome.bound));
        }
    }
    gpu.guard_new_buffers(false);
    assert!(failures.is_empty(), "{} tuning:\n{}", gpu.tuning().name, failures.join("\n"));
    gpu.variants().into_iter().collect()
}
