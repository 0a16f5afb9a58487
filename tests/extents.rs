//! Operations whose operands do not fit are refused before a kernel, which does not check indices, is launched.

mod common;

use flocoder::gpu::Gpu;
use flocoder::ops::attention::attention;
use flocoder::ops::conv::{conv_dw, conv_fwd};
use flocoder::ops::matmul::{Operand, Size, matmul, matmul_nt, matmul_tn, matmul_tn_into};
use flocoder::tape::{Tape, Var};
use flocoder::tensor::Tensor;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn dense(tensor: &Tensor) -> Operand<'_> {
    Operand::dense(tensor, 6, 6)
}

fn zeros(gpu: &Gpu, shape: &[usize]) -> Tensor {
    Tensor::zeros(gpu, shape)
}

#[track_caller]
fn refused(what: &str, operation: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(operation)).is_err(), "{what} was launched");
}

#[test]
fn products_beyond_their_tensors_are_refused() {
    let Some(gpu) = common::gpu() else { return };
    let (fits, short) = (zeros(gpu, &[6, 6]), zeros(gpu, &[35]));
    let size = Size::single([6, 6, 6], false);
    matmul(&size, dense(&fits), dense(&fits), None, dense(&zeros(gpu, &[36])));
    type Product = fn(&Size, Operand<'_>, Operand<'_>, Operand<'_>);
    let products: [(&str, Product); 3] = [
        ("matmul", |size, a, b, c| matmul(size, a, b, None, c)),
        ("matmul_nt", |size, a, b, c| matmul_nt(size, a, b, None, c)),
        ("matmul_tn", matmul_tn),
    ];
    for (name, product) in products {
        for position in 0..3 {
            let output = zeros(gpu, &[36]);
            let mut operands = [&fits, &fits, &output];
            operands[position] = &short;
            let [a, b, c] = operands.map(dense);
            refused(&format!("{name} with operand {position} too short"), || product(&size, a, b, c));
        }
        let output = zeros(gpu, &[72]);
        let batched = Size { batches: [2, 1], ..size };
        refused(&format!("{name} with too few batches"), || {
            product(&batched, dense(&fits), dense(&fits), dense(&output));
        });
        let shifted = Operand { base: 1, ..dense(&fits) };
        refused(&format!("{name} with a base"), || product(&size, shifted, dense(&fits), dense(&output)));
    }
    let bias = zeros(gpu, &[5]);
    refused("matmul_tn_into with a short bias", || {
        matmul_tn_into(&fits, &fits, &zeros(gpu, &[36]), Some(&bias));
    });
    gpu.check().unwrap();
}

#[test]
fn convolutions_of_other_images_are_refused() {
    let Some(gpu) = common::gpu() else { return };
    let (x, w) = (zeros(gpu, &[2, 5, 7, 3]), zeros(gpu, &[3, 3, 3, 4]));
    conv_fwd(&x, &w, None, 2, &zeros(gpu, &[2, 3, 4, 4]));
    for shape in [[3, 3, 4, 4], [2, 4, 4, 4], [2, 3, 5, 4], [2, 2, 4, 4]] {
        let y = zeros(gpu, &shape);
        refused(&format!("conv_fwd into {shape:?}"), || conv_fwd(&x, &w, None, 2, &y));
        refused(&format!("conv_dw of {shape:?}"), || conv_dw(&x, &y, 2, &zeros(gpu, &[3, 3, 3, 4]), None));
    }
    let bias = zeros(gpu, &[3]);
    refused("conv_fwd with a short bias", || conv_fwd(&x, &w, Some(&bias), 2, &zeros(gpu, &[2, 3, 4, 4])));
    gpu.check().unwrap();
}

#[test]
fn values_that_the_heads_do_not_divide_are_refused() {
    let Some(gpu) = common::gpu() else { return };
    let tape = Tape::inference();
    let [q, k, v] = [8, 8, 9].map(|channels| Var::constant(zeros(gpu, &[2, 5, channels])));
    refused("attention with 9 channels of V in 2 heads", || drop(attention(&tape, &q, &k, &v, 2, 1.0)));
    gpu.check().unwrap();
}
