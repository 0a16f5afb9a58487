//! The tape: sums of gradients, the places where they are written, and refused misuse.

mod common;

use flocoder::dtype::Dtype;
use flocoder::gpu::Gpu;
use flocoder::ops::cast::{cast, stored_as};
use flocoder::ops::conv::conv2d;
use flocoder::ops::elementwise::{add, multiply, scale_by};
use flocoder::tape::{Gradients, Tape, Var};
use flocoder::tensor::Tensor;

fn vector(gpu: &Gpu, values: &[f32]) -> Tensor {
    Tensor::from_f32(gpu, &[values.len()], values)
}

#[track_caller]
fn values(gradients: &mut Gradients, leaf: &Var) -> Vec<f32> {
    gradients.take(leaf).expect("a gradient").read_f32().unwrap()
}

#[test]
fn a_variable_used_twice_has_the_sum_of_both_gradients() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::recording();
    let x = tape.leaf(vector(gpu, &[1.0, -2.0, 3.0]));
    let doubled = add(&tape, &x, &x);
    let squared = multiply(&tape, &x, &x);
    let y = add(&tape, &doubled, &squared);
    let mut gradients = tape.backward([(y, vector(gpu, &[1.0, 10.0, 100.0]))]);
    // 2 + 2 x, times the seed.
    assert_eq!(values(&mut gradients, &x), [4.0, -20.0, 800.0]);
}

#[test]
fn a_residual_adds_to_the_gradient_of_its_branch() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::recording();
    let (x, gamma) = (tape.leaf(vector(gpu, &[1.0, 2.0])), tape.leaf(vector(gpu, &[3.0])));
    let branch = scale_by(&tape, &x, &gamma);
    let y = add(&tape, &x, &branch);
    let mut gradients = tape.backward([(y, vector(gpu, &[1.0, 1.0]))]);
    assert_eq!(values(&mut gradients, &x), [4.0, 4.0]);
    assert_eq!(values(&mut gradients, &gamma), [3.0]);
}

/// A convolution of one position is a matrix product. It can add to the gradient of its input in place. Whether there is one to
/// add to depends on the order of the two consumers.
#[test]
fn a_kernel_that_adds_in_place_gives_the_same_sum_in_either_order() {
    let Some(gpu) = common::gpu() else { return };
    let one = |value| Tensor::from_f32(gpu, &[1, 1, 1, 4], &[value; 4]);
    for dtype in [Dtype::F32, Dtype::F16] {
        if dtype == Dtype::F16 && !gpu.capabilities().f16 {
            continue;
        }
        for convolved_first in [true, false] {
            let tape = Tape::recording();
            let x = tape.leaf(stored_as(&one(2.0), dtype));
            let identity: Vec<f32> = (0..16).map(|i| if i % 5 == 0 { 3.0 } else { 0.0 }).collect();
            let w = tape.leaf(stored_as(&Tensor::from_f32(gpu, &[1, 1, 4, 4], &identity), dtype));
            let conv = || conv2d(&tape, &x, &w, None, 1);
            let square = || multiply(&tape, &x, &x);
            let (a, b) = if convolved_first { (conv(), square()) } else { (square(), conv()) };
            let y = add(&tape, &a, &b);
            let seed = stored_as(&one(1.0), dtype);
            let mut gradients = tape.backward([(y, seed)]);
            // 3 from the convolution, 2 x from the square.
            assert_eq!(values(&mut gradients, &x), [7.0; 4], "{dtype:?}, convolution first: {convolved_first}");
            let dw = gradients.take(&w).unwrap().read_f32().unwrap();
            assert_eq!(dw, [2.0; 16], "{dtype:?}");
        }
    }
}

/// The gradient so far is f16, and a consumer writes f32, which must not go to the same tensor.
#[test]
fn gradients_of_two_element_types_are_summed() {
    let Some(gpu) = common::gpu().filter(|gpu| gpu.capabilities().f16) else { return };
    let tape = Tape::recording();
    let x = tape.leaf(vector(gpu, &[1.0, 2.0]));
    let half = cast(&tape, &x, Dtype::F16);
    let back = cast(&tape, &half, Dtype::F32);
    let y = add(&tape, &back, &x);
    let mut gradients = tape.backward([(y, vector(gpu, &[0.5, 0.25]))]);
    assert_eq!(values(&mut gradients, &x), [1.0, 0.5]);
}

/// Both inputs of a sum get the same buffer as gradient. Adding to one in place would change the other.
#[test]
fn a_gradient_that_two_variables_share_is_not_written_in_place() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::recording();
    let (a, b) = (tape.leaf(vector(gpu, &[1.0, 2.0])), tape.leaf(vector(gpu, &[3.0, 4.0])));
    let extra = multiply(&tape, &a, &a);
    let sum = add(&tape, &a, &b);
    let flat = tape.reshape(&sum, &[2, 1]);
    let y = add(&tape, &tape.reshape(&flat, &[2]), &extra);
    let mut gradients = tape.backward([(y, vector(gpu, &[1.0, 1.0]))]);
    assert_eq!(values(&mut gradients, &a), [3.0, 5.0]);
    assert_eq!(values(&mut gradients, &b), [1.0, 1.0]);
}

#[test]
fn seeds_may_be_downstream_of_each_other() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::recording();
    let x = tape.leaf(vector(gpu, &[2.0]));
    let squared = multiply(&tape, &x, &x);
    let fourth = multiply(&tape, &squared, &squared);
    let mut gradients = tape.backward([(squared, vector(gpu, &[10.0])), (fourth, vector(gpu, &[1.0]))]);
    // 4 x^3 + 10 (2 x).
    assert_eq!(values(&mut gradients, &x), [72.0]);
}

#[test]
fn a_leaf_that_nothing_depends_on_has_no_gradient() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::recording();
    let (x, unused) = (tape.leaf(vector(gpu, &[2.0])), tape.leaf(vector(gpu, &[5.0])));
    let constant = Var::constant(vector(gpu, &[7.0]));
    let y = multiply(&tape, &x, &constant);
    let mut gradients = tape.backward([(y, vector(gpu, &[1.0]))]);
    assert_eq!(values(&mut gradients, &x), [7.0]);
    assert!(gradients.take(&unused).is_none() && gradients.take(&constant).is_none());
}

#[test]
fn a_parameter_used_twice_accumulates_in_the_arena() {
    let Some(gpu) = common::gpu() else { return };
    let arena = vector(gpu, &[100.0, 200.0]);
    let tape = Tape::recording();
    let w = Var::parameter(vector(gpu, &[3.0, 4.0]), arena.clone());
    let squared = multiply(&tape, &w, &w);
    let y = add(&tape, &squared, &w);
    tape.backward([(y, vector(gpu, &[1.0, 1.0]))]);
    assert_eq!(arena.read_f32().unwrap(), [107.0, 209.0]);
}

#[test]
fn memory_falls_during_the_sweep() {
    let Some(_) = common::gpu() else { return };
    // A separate device, since other tests change the counters of the shared one.
    let gpu = Gpu::open(None).unwrap();
    let length = 1 << 18;
    let tape = Tape::recording();
    let x = tape.leaf(Tensor::from_f32(&gpu, &[length], &vec![1.0; length]));
    let mut y = x.clone();
    for _ in 0..8 {
        y = multiply(&tape, &y, &y);
    }
    let seed = Tensor::from_f32(&gpu, &[length], &vec![1.0; length]);
    gpu.reset_peak_bytes();
    let before = gpu.peak_bytes();
    let mut gradients = tape.backward([(y, seed)]);
    // Each node needs two contributions to one gradient and frees its input's value.
    let tensor = 4 * length as u64;
    assert!(gpu.peak_bytes() <= before + 3 * tensor, "{} bytes above {before}", gpu.peak_bytes() - before);
    assert_eq!(gradients.take(&x).unwrap().read_f32().unwrap()[0], 256.0);
}

#[test]
#[should_panic(expected = "a variable of another tape")]
fn an_operation_on_a_variable_of_another_tape_panics() {
    let Some(gpu) = common::gpu() else { panic!("skipped: a variable of another tape needs a device") };
    let x = Tape::recording().leaf(vector(gpu, &[1.0]));
    let tape = Tape::recording();
    let y = tape.leaf(vector(gpu, &[1.0]));
    add(&tape, &x, &y);
}

#[test]
#[should_panic(expected = "a variable of another tape")]
fn a_seed_of_another_tape_panics() {
    let Some(gpu) = common::gpu() else { panic!("skipped: a variable of another tape needs a device") };
    let x = Tape::recording().leaf(vector(gpu, &[1.0]));
    Tape::recording().backward([(x, vector(gpu, &[1.0]))]);
}

#[test]
#[should_panic(expected = "a constant")]
fn a_constant_seed_panics() {
    let Some(gpu) = common::gpu() else { panic!("skipped: a constant needs a device") };
    let constant = Var::constant(vector(gpu, &[1.0]));
    Tape::recording().backward([(constant, vector(gpu, &[1.0]))]);
}
