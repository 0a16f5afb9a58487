//! Softmax over the last axis.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::{REDUCTION_TURNS, reduction};
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{SOFTMAX_BWD, SOFTMAX_FWD};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// Most elements of a row that an invocation keeps in registers.
const MOST_HELD: usize = 8;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
    columns: u32,
    scale: f32,
}

/// `softmax(scale x)` over the last axis.
pub fn softmax(tape: &Tape, x: &Var, scale: f32) -> Var {
    let y = softmax_rows(&x.value, scale, x.value.dtype());
    tape.record(&[x], y.clone(), || SoftmaxBackward { x: x.clone(), y, scale })
}

struct SoftmaxBackward {
    x: Var,
    y: Tensor,
    scale: f32,
}

impl Backward for SoftmaxBackward {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, softmax_rows_backward(&self.y, dy, self.scale, dy.dtype()));
    }
}

/// `softmax(scale x)` over the last axis, without a tape, stored as `dtype`.
pub fn softmax_rows(x: &Tensor, scale: f32, dtype: Dtype) -> Tensor {
    launch(&SOFTMAX_FWD, &[x], scale, dtype)
}

/// Gradient of [`softmax_rows`], from its output `y`: `scale y (dy - sum(y dy))`, stored as `dtype`.
#[track_caller]
pub fn softmax_rows_backward(y: &Tensor, dy: &Tensor, scale: f32, dtype: Dtype) -> Tensor {
    assert_eq!(y.len(), dy.len(), "softmax_rows_backward: {y:?} and {dy:?}");
    launch(&SOFTMAX_BWD, &[y, dy], scale, dtype)
}

fn launch(kernel: &'static Kernel, inputs: &[&Tensor], scale: f32, dtype: Dtype) -> Tensor {
    let first = inputs[0];
    let output = Tensor::empty(first.gpu(), first.shape(), dtype);
    let reduction = reduction(first.gpu());
    let held = first.channels().div_ceil(first.gpu().tuning().reduction.invocations as usize);
    // A row that is not held is read three times, and reduced twice.
    let grid = Grid::linear(first.rows()).looping(3 * (held + 1) + 2 * REDUCTION_TURNS);
    let held = if held > MOST_HELD { 0 } else { held as u32 };
    first.gpu().launch(&Launch {
        kernel,
        constants: &[&reduction[..], &[("held", held)]].concat(),
        params: bytes_of(&Params { rows: first.rows() as u32, columns: first.channels() as u32, scale }),
        bindings: &[inputs, &[&output]].concat(),
        grid,
    });
    output
}
