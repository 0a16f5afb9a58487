//! Kernels run by an interpreter of naga's intermediate representation, all invocations of a workgroup in lock step.
//!
//! It reports what no software driver shows: races, with whatever workgroups and subgroups a GPU has; indices beyond the end of arrays in
//! storage and workgroup memory; reads of workgroup memory that was never written; barriers and subgroup operations that not all
//! invocations reach; integer divisions by zero. Cases are recorded on paper and their outputs compared with the reference.

#[path = "../common/mod.rs"]
mod common;

mod accuracy;
mod arithmetic;
mod check;
mod expressions;
mod faults;
mod findings;
mod layout;
mod machine;
mod memory;
mod program;
mod replay;
mod shadow;
mod statements;
mod subgroups;

use std::collections::BTreeSet;
use std::thread;

use common::cases::{awkward, for_tiles, named, tile_tunings};
use common::non_finite::differences;
use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::tuning::Reduction;
use flocoder::gpu::{MatrixUnits, Products, Tuning};
use flocoder::ops::product::tiles;
use flocoder::shader::kernels;

use accuracy::Errors;
use check::{interpret, interpret_all, outputs, paper};
use findings::{Fault, Findings};
use replay::Interpreter;

/// Cases without those that take too long: with more work than this, and with more workgroups than a row of a grid.
const LARGEST: f64 = 1e8;

fn small(cases: impl IntoIterator<Item = Case>) -> Vec<Case> {
    cases.into_iter().filter(|case| case.flop <= LARGEST && !case.shape.contains("65537")).collect()
}

/// No fault is allowed to kernels of GPUs.
fn none(_: &str, _: &str, _: Fault) -> bool {
    false
}

/// Software Vulkan runs the lanes of a workgroup in lock step, so that those with the same row and column of a product may all store it,
/// and the halves of a subgroup of sixteen that compute the same head.
fn in_lock_step(lanes: u32) -> impl Fn(&str, &str, Fault) -> bool {
    move |kernel, array, fault| {
        let of_product = matches!((kernel, array), ("matmul" | "conv_fwd" | "conv_dx", "c"));
        let of_head = lanes == 16 && (kernel.starts_with("projected_") || kernel.ends_with("_subgroup"));
        (of_product || of_head) && matches!(fault, Fault::SameValue | Fault::Race)
    }
}

/// Every kernel, those of software Vulkan and those of GPUs.
#[test]
fn every_kernel_is_sound_and_agrees_with_its_reference() {
    let software = |lanes: u32| {
        let gpu = paper([lanes; 2], None, Tuning::software(lanes));
        let cases = small(awkward(gpu.capabilities()));
        interpret_all(&gpu, lanes as usize, cases, in_lock_step(lanes))
    };
    let gpus = || {
        let gpu = paper([32, 32], None, Tuning::gpu(None));
        let cases = small(awkward(gpu.capabilities()));
        interpret_all(&gpu, 32, cases, none)
    };
    let ran: BTreeSet<&str> = thread::scope(|scope| {
        let threads = [scope.spawn(move || software(8)), scope.spawn(move || software(16)), scope.spawn(gpus)];
        threads.into_iter().flat_map(|thread| thread.join().expect("a finding")).collect()
    });
    let missing: Vec<_> = kernels::ALL.iter().filter(|kernel| !ran.contains(kernel.name)).collect();
    assert!(missing.is_empty(), "not interpreted: {missing:?}");
}

/// As `tests/non_finite.rs` on software Vulkan, with a minimum and a maximum that return NaN if they can. A prefetched NaN must not
/// reach other channels.
#[test]
fn a_nan_reaches_the_outputs_that_depend_on_it() {
    for (lanes, tuning) in [(8, Tuning::software(8)), (16, Tuning::software(16)), (32, Tuning::gpu(None))] {
        let gpu = paper([lanes; 2], None, tuning);
        let mut cases = small(cases::all(Size::Awkward, gpu.capabilities()));
        cases.retain(|case| case.flop <= 1e6);
        let (mut interpreter, mut findings) = (Interpreter::new(lanes as usize), Findings::default());
        let found = differences(cases, &[f64::NAN], |case| outputs(&gpu, &mut interpreter, case, &mut findings));
        assert!(found.is_empty(), "{} tuning:\n{}", gpu.tuning().name, found.join("\n"));
    }
}

/// With built-in functions as inaccurate as WGSL permits, in quotients of indices too. The gradient of a single probability, and of the
/// cross-entropy of a single class, is excepted: its reference is zero, of which no error is a fraction.
#[test]
fn every_kernel_is_within_its_bound_with_the_errors_that_wgsl_permits() {
    let of_tuning = |(lanes, tuning): (u32, Tuning)| {
        let gpu = paper([lanes; 2], None, tuning);
        let mut interpreter = Interpreter::new(lanes as usize);
        let (mut findings, mut wrong) = (Findings::default(), String::new());
        let mut cases = cases::all(Size::Awkward, gpu.capabilities());
        cases.retain(|case| case.flop <= 2e6 && !case.shape.contains("65537"));
        cases.retain(|case| ![("softmax", "1 x 1"), ("cross_entropy", "1x1")].contains(&(case.kernel, &case.shape)));
        for case in &cases {
            for errors in [Errors::Above, Errors::Below, Errors::Mixed] {
                let error = accuracy::with(errors, || interpret(&gpu, &mut interpreter, case, &mut findings));
                if error > case.bound {
                    wrong += &format!("{} {}, {errors:?}: {error:.1e} > {:.0e}\n", case.kernel, case.shape, case.bound);
                }
            }
        }
        let findings = findings.except(in_lock_step(lanes));
        assert!(findings.is_empty() && wrong.is_empty(), "{} tuning:\n{wrong}{findings}", gpu.tuning().name);
    };
    thread::scope(|scope| {
        let tuned = [(8, Tuning::software(8)), (16, Tuning::software(16)), (32, Tuning::gpu(None))];
        let threads = tuned.map(|tuned| scope.spawn(move || of_tuning(tuned)));
        threads.into_iter().for_each(|thread| thread.join().expect("within bounds"));
    });
}

/// Workgroups of other sizes, as if measurements on another GPU had chosen them, subgroups of 64, and folded grids.
#[test]
fn kernels_are_sound_in_workgroups_of_32_and_64() {
    for invocations in [32, 64] {
        let reduction = Reduction { invocations, one_subgroup: false };
        let tuning = Tuning { reduction, streaming: invocations, fold: 300, ..Tuning::gpu(None) };
        let gpu = paper([64, 64], None, tuning);
        let is_product = |case: &Case| ["matmul", "conv", "attention"].iter().any(|name| case.kernel.contains(name));
        let cases = small(cases::all(Size::Awkward, gpu.capabilities())).into_iter().filter(|case| !is_product(case));
        interpret_all(&gpu, 64, cases, none);
    }
}

#[test]
fn every_tile_is_sound() {
    for tuning in tile_tunings() {
        interpret_all(&paper([32, 32], None, tuning), 32, for_tiles(), none);
    }
}

/// Cooperative matrices, which software Vulkan does not have: all elements of a matrix belong to all lanes of its subgroup.
#[test]
fn products_on_matrix_units_are_sound() {
    for (side, lanes) in [(16, 32), (8, 32), (16, 64)] {
        let units = MatrixUnits { side, lanes, emulated: false };
        for tile in tiles(Products::Matrix(units)) {
            let tuning = Tuning { tile: Some(tile), ..Tuning::gpu(Some(units)) };
            let gpu = paper([lanes; 2], Some(units), tuning);
            let cases = named(&["3x 25x33x36", "17x16x592, split", "conv5x5 b1 12->20 6x11"]);
            interpret_all(&gpu, lanes as usize, cases.into_iter().map(Case::in_f16), none);
            let constants = gpu.latest_constants("conv_fwd").unwrap();
            assert!(constants.contains(&("matrix", side)) && constants.contains(&("emulated", 0)), "{constants:?}");
        }
    }
}
