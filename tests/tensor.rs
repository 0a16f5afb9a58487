//! Views of tensors, and buffers that serve one tensor after another.

mod common;

use flocoder::dtype::Dtype;
use flocoder::ops::cast::stored_as;
use flocoder::ops::elementwise::multiply;
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn shapes_of_other_lengths_and_views_beyond_the_end_are_refused() {
    let Some(gpu) = common::gpu() else { return };
    let x = Tensor::from_f32(gpu, &[2, 64], &[0.0; 128]);
    let refused = |make: &dyn Fn() -> Tensor| catch_unwind(AssertUnwindSafe(make)).is_err();
    assert!(refused(&|| x.reshape(&[127])) && refused(&|| x.view(64, &[65])));
    assert_eq!(x.view(64, &[64]).shape(), [64]);
    assert!(catch_unwind(AssertUnwindSafe(|| x.copy_from(&x.view(0, &[64])))).is_err());
    gpu.check().unwrap();
}

/// Copies are of whole words. An odd number of 16-bit floats copies one more, which is beyond the end of its tensor.
#[test]
fn a_copy_of_an_odd_number_of_16_bit_floats_changes_no_other_view() {
    let Some(gpu) = common::gpu().filter(|gpu| gpu.capabilities().f16) else { return };
    let stored = |values: &[f32]| stored_as(&Tensor::from_f32(gpu, &[values.len()], values), Dtype::F16);
    let (target, source) = (stored(&[1.0; 256]), stored(&[2.0; 3]));
    target.view(0, &[3]).copy_from(&source);
    let values = target.read_f32().unwrap();
    assert_eq!(values[..3], [2.0; 3]);
    assert_eq!(values[4..], [1.0; 252]);
}

/// A buffer returns to the pool while dispatches that read it are still recorded. The tensor that takes it is written after them.
#[test]
fn a_dispatch_reads_a_buffer_before_the_next_tensor_overwrites_it() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::inference();
    let product = |value: f32| {
        let x = Var::constant(Tensor::from_f32(gpu, &[1000], &[value; 1000]));
        multiply(&tape, &x, &x)
    };
    let squares: Vec<Var> = (0..20).map(|i| product(i as f32)).collect();
    for (i, square) in squares.iter().enumerate() {
        assert_eq!(square.value.read_f32().unwrap(), [(i * i) as f32; 1000], "{i}");
    }
}
