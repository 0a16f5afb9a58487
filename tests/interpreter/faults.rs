//! Faults planted in kernels, and what the interpreter says of each.

use flocoder::bench::{Case, Size, cases};
use flocoder::gpu::Tuning;
use flocoder::shader::Kernel;

use super::check::{interpret, paper};
use super::common::faults::{
    changed, dropped_f16, missing_barrier, missing_f16, steps_without_barrier, store_beyond_the_end, wrong_f16,
    wrong_f16_store,
};
use super::findings::Findings;
use super::replay::Interpreter;

/// The error of the first case of a kernel with a fault, and what is found.
fn with_fault(name: &str, f16: bool, plant: fn(&'static Kernel, String) -> String) -> (f64, f64, String) {
    let gpu = paper([32, 32], None, Tuning::gpu(None));
    let all = cases::all(Size::Awkward, gpu.capabilities()).into_iter().filter(|case| case.kernel == name);
    // The last of the larger ones.
    let case = all.max_by_key(|case: &Case| case.flop > 1000.0).expect("a case of the kernel");
    let case = if f16 { case.in_f16() } else { case };
    let mut findings = Findings::default();
    let error = interpret(&gpu, &mut Interpreter::with_fault(32, plant), &case, &mut findings);
    (error, case.bound, findings.to_string())
}

/// What is found begins so.
#[track_caller]
fn finds(found: &str, expected: &str) {
    println!("{found}");
    assert!(found.lines().any(|line| line.starts_with(expected)), "{expected}\nis not in\n{found}");
}

#[test]
fn a_kernel_without_fault_has_none() {
    let (error, bound, found) = with_fault("matmul", false, |_, text| text);
    assert!(error <= bound && found.is_empty(), "{error:e}\n{found}");
}

#[test]
fn a_store_beyond_the_end_is_found() {
    let (_, _, found) = with_fault("silu_fwd", false, store_beyond_the_end);
    finds(&found, "silu_fwd: OutOfBounds at x");
    finds(&found, "silu_fwd: OutOfBounds at y");
}

#[test]
fn a_missing_barrier_is_found() {
    let (_, _, found) = with_fault("matmul", false, missing_barrier);
    finds(&found, "matmul: Race at a_slice");
    finds(&found, "matmul: Race at b_slice");
}

/// The result is right, and so it is on software Vulkan, whose subgroups of eight run in lock step.
#[test]
fn a_missing_barrier_within_a_subgroup_is_found() {
    let (error, bound, found) = with_fault("softmax_fwd", false, steps_without_barrier);
    assert!(error <= bound, "{error:e}");
    finds(&found, "softmax_fwd: Race at reduced");
}

#[test]
fn a_wrong_conversion_of_f16_is_found() {
    for plant in [wrong_f16, wrong_f16_store, dropped_f16] {
        let (error, bound, found) = with_fault("silu_fwd", true, plant);
        println!("{error:.1e} > {bound:.0e}");
        assert!(error > bound && found.is_empty(), "{error:e}\n{found}");
    }
}

#[test]
#[should_panic(expected = "silu_fwd: error:")]
fn a_missing_conversion_of_f16_is_no_kernel() {
    with_fault("silu_fwd", true, missing_f16);
}

#[test]
fn a_barrier_that_some_invocations_do_not_reach_is_found() {
    let (_, _, found) = with_fault("softmax_fwd", false, |kernel, text| {
        let returns = "if invocation < half {\n            if half == 1u { return 0.0; }";
        changed(kernel, text, "softmax_fwd", "if invocation < half {", returns)
    });
    finds(&found, "softmax_fwd: Divergent at a barrier");
}

#[test]
fn a_read_of_unwritten_workgroup_memory_is_found() {
    let (_, _, found) = with_fault("softmax_fwd", false, |kernel, text| {
        changed(
            kernel,
            text,
            "softmax_fwd",
            "reduced[invocation] = value;",
            "if invocation > 3u { reduced[invocation] = value; }",
        )
    });
    finds(&found, "softmax_fwd: Unwritten at reduced");
}

#[test]
fn a_division_by_zero_is_found() {
    let (_, _, found) = with_fault("silu_fwd", false, |kernel, text| {
        changed(
            kernel,
            text,
            "silu_fwd",
            "if i < params.quads",
            "if i / (params.quads - params.quads) < 1u && i < params.quads",
        )
    });
    finds(&found, "silu_fwd: DivisionByZero at a quotient");
}

#[test]
fn loops_that_turn_more_often_than_the_launch_told_are_found() {
    let (_, _, found) = with_fault("philox_normal", false, |kernel, text| {
        changed(kernel, text, "philox_normal", "round < 10u", "round < 11u")
    });
    finds(&found, "philox_normal: Turns at loops");
}
