//! Elementwise sums and products.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::reduce::sum;
use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{ADD, MULTIPLY, SCALE_FWD};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Quads {
    quads: u32,
}

/// Elements per workgroup of an elementwise kernel: four for each of 256 invocations.
const PER_WORKGROUP: usize = 1024;

/// Launches a kernel that computes each element of its output from the same element of its inputs.
#[track_caller]
pub(super) fn elementwise(kernel: &'static Kernel, inputs: &[&Tensor]) -> Tensor {
    let first = inputs[0];
    for other in inputs {
        let alike = first.len() == other.len() && first.dtype() == other.dtype();
        assert!(alike, "{}: {first:?} and {other:?}", kernel.name);
    }
    let output = Tensor::empty_like(first, first.shape());
    launch(kernel, &[inputs, &[&output]].concat(), output.len());
    output
}

/// Launches a kernel over `length` elements, four per invocation.
pub(super) fn launch(kernel: &'static Kernel, bindings: &[&Tensor], length: usize) {
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants: &[],
        params: bytes_of(&Quads { quads: length.div_ceil(4) as u32 }),
        bindings,
        grid: Grid::covering(length, PER_WORKGROUP),
    });
}

/// `a + b`, both of the same shape.
#[track_caller]
pub fn add(tape: &Tape, a: &Var, b: &Var) -> Var {
    assert_eq!(a.shape(), b.shape(), "add");
    let y = elementwise(&ADD, &[&a.value, &b.value]);
    tape.record(&[a, b], y, || Add { a: a.clone(), b: b.clone() })
}

struct Add {
    a: Var,
    b: Var,
}

impl Backward for Add {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.a, output.clone());
        gradients.add(&self.b, output.clone());
    }
}

/// `a b`, element by element, both of the same shape.
#[track_caller]
pub fn multiply(tape: &Tape, a: &Var, b: &Var) -> Var {
    assert_eq!(a.shape(), b.shape(), "multiply");
    let y = elementwise(&MULTIPLY, &[&a.value, &b.value]);
    tape.record(&[a, b], y, || Multiply { a: a.clone(), b: b.clone() })
}

struct Multiply {
    a: Var,
    b: Var,
}

impl Backward for Multiply {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        for (input, other) in [(&self.a, &self.b), (&self.b, &self.a)] {
            if input.is_differentiable() {
                gradients.add(input, elementwise(&MULTIPLY, &[output, &other.value]));
            }
        }
    }
}

/// `gamma x` for a learned scalar gamma `[1]`.
#[track_caller]
pub fn scale_by(tape: &Tape, x: &Var, gamma: &Var) -> Var {
    let y = scaled(&x.value, &gamma.value);
    tape.record(&[x, gamma], y, || ScaleBy { x: x.clone(), gamma: gamma.clone() })
}

/// [`scale_by`] without recording: `gamma x` for a scalar gamma `[1]` on the device.
#[track_caller]
pub fn scaled(x: &Tensor, gamma: &Tensor) -> Tensor {
    assert_eq!(gamma.len(), 1, "scale_by: {x:?} by {gamma:?}");
    let y = Tensor::empty_like(x, x.shape());
    launch(&SCALE_FWD, &[x, gamma, &y], y.len());
    y
}

struct ScaleBy {
    x: Var,
    gamma: Var,
}

impl Backward for ScaleBy {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        if self.x.is_differentiable() {
            gradients.add(&self.x, scaled(output, &self.gamma.value));
        }
        if self.gamma.is_differentiable() {
            gradients.add(&self.gamma, sum(&elementwise(&MULTIPLY, &[&self.x.value, output])));
        }
    }
}
