//! Every kernel with its indices checked on the device, and with guard words after every tensor; and faults that both must catch.

mod common;

use common::cases::{for_tiles, tile_tunings};
use common::faults::{dropped_f16, steps_without_barrier, store_beyond_the_end, wrong_f16, wrong_f16_store};
use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::pipeline::{Alter, checked};
use flocoder::gpu::{Gpu, Tuning};

/// Cases with more work take too long with checks.
const LARGEST: f64 = 1e8;

fn open(tuning: Tuning) -> Option<Gpu> {
    Gpu::open_tuned(None, true, |_| Ok(tuning)).map_err(|error| eprintln!("skipped: {error}")).ok()
}

/// Runs a case; fails after an index beyond the end, or a change of guard words.
fn run(gpu: &Gpu, case: &Case) -> flocoder::error::Result<()> {
    let inputs: Vec<_> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
    drop((case.run)(gpu, &inputs));
    gpu.wait()?;
    gpu.check_indices()?;
    gpu.check_guards()
}

#[track_caller]
fn all_run(gpu: &Gpu, cases: impl IntoIterator<Item = Case>) {
    gpu.check_kernels();
    for case in cases.into_iter().filter(|case| case.flop <= LARGEST) {
        run(gpu, &case).unwrap_or_else(|error| panic!("{} tuning, {}: {error}", gpu.tuning().name, case.shape));
    }
}

/// Every case in f32, since a conversion to f16 changes no index.
#[track_caller]
fn every_case_runs(tuning: Tuning) {
    let Some(gpu) = common::gpu().and_then(|_| open(tuning)) else { return };
    let cases = [Size::Awkward, Size::Shipped].map(|size| cases::all(size, gpu.capabilities()));
    all_run(&gpu, cases.into_iter().flatten());
}

#[test]
fn kernels_of_software_vulkan_stay_within_their_arrays() {
    [8, 16].map(Tuning::software).into_iter().for_each(every_case_runs);
}

#[test]
fn kernels_of_gpus_stay_within_their_arrays() {
    every_case_runs(Tuning::gpu(None));
}

#[test]
fn every_tile_stays_within_its_arrays() {
    if common::gpu().is_some() {
        tile_tunings().into_iter().filter_map(open).for_each(|gpu| all_run(&gpu, for_tiles()));
    }
}

/// A device with a fault in a kernel, and a case for it.
fn faulty(kernel: &str, plant: Alter) -> Option<(Gpu, Case)> {
    common::gpu().filter(|_| !checked())?;
    let gpu = open(Tuning::gpu(None))?;
    gpu.alter_kernels(plant);
    let is = |case: &Case| case.kernel == kernel && case.flop > 1000.0;
    let case = cases::all(Size::Awkward, gpu.capabilities()).into_iter().rfind(is)?;
    Some((gpu, case))
}

#[test]
fn the_sanitizer_names_kernel_array_and_index() {
    let Some((gpu, case)) = faulty("silu_fwd", store_beyond_the_end) else { return };
    gpu.check_kernels();
    let error = run(&gpu, &case).unwrap_err().to_string();
    println!("{error}");
    let quads = case.inputs[0].len().div_ceil(4);
    let expected = format!("GPU: silu_fwd: index {quads} of y, which has {quads} elements, at `y[i]`");
    assert!(error.starts_with(&expected), "{error}");
    gpu.check_indices().expect("it is reported once");
}

#[test]
fn guard_words_show_a_store_beyond_the_end() {
    let Some((gpu, case)) = faulty("silu_fwd", store_beyond_the_end) else { return };
    gpu.guard_new_buffers(true);
    let error = run(&gpu, &case).unwrap_err().to_string();
    println!("{error}");
    assert!(error.starts_with("GPU: a kernel wrote beyond the end of a buffer of "), "{error}");
}

#[test]
fn a_wrong_conversion_of_f16_exceeds_the_bound() {
    for plant in [wrong_f16 as Alter, wrong_f16_store, dropped_f16] {
        let Some((gpu, case)) = faulty("silu_fwd", plant).filter(|(gpu, _)| gpu.capabilities().f16) else { return };
        let outcome = case.in_f16().check(&gpu).unwrap().unwrap();
        println!("{outcome:?}");
        assert!(!outcome.passed(), "{outcome:?}");
    }
}

/// Software Vulkan drops a store beyond the end, and runs eight invocations in lock step. So the results are right, and only an instrument
/// shows the fault.
#[test]
fn without_an_instrument_two_faults_do_not_show() {
    for (kernel, plant) in [("silu_fwd", store_beyond_the_end as Alter), ("softmax_fwd", steps_without_barrier)] {
        let Some((gpu, case)) = faulty(kernel, plant).filter(|(gpu, _)| gpu.capabilities().software) else { return };
        assert!(case.check(&gpu).unwrap().unwrap().passed(), "{kernel}");
    }
}
