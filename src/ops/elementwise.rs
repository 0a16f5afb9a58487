//! Elementwise sums, products and gates.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::vector;
use super::reduce::sum;
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{ADD, GATE_BWD, GATE_FWD, MULTIPLY, SCALE_FWD};
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

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct GateParams {
    sizes: [u32; 3],
    row: u32,
    start: u32,
}

/// `x + (1 + g) f`: a residual whose branch has a gate for each channel of each sample (adaptive layer norm, Peebles and Xie 2022, arXiv
/// 2212.09748). x and f `[N, .., C]`; the gates are C columns of `table` `[N, any]`, from column `start` on.
#[track_caller]
pub fn gate(tape: &Tape, x: &Var, f: &Var, table: &Var, start: usize) -> Var {
    let (samples, channels, row) = (x.shape()[0], x.value.channels(), table.value.channels());
    let fits = x.shape() == f.shape() && table.value.rows() == samples && start + channels <= row;
    assert!(fits, "gate: {:?}, {:?}, gates in {:?} from column {start}", x.value, f.value, table.value);
    let y = Tensor::empty_like(&x.value, x.shape());
    let vector = gate_vector(channels, row, start);
    let sizes = [x.value.len(), x.value.sample_len(), channels];
    let params = GateParams::new(sizes.map(|size| size / vector), row / vector, start / vector);
    x.gpu().launch(&Launch {
        kernel: &GATE_FWD,
        constants: &[("vector", vector as u32)],
        params: bytes_of(&params),
        bindings: &[&x.value, &f.value, &table.value, &y],
        grid: Grid::covering(x.value.len() / vector, 256),
    });
    tape.record(&[x, f, table], y, || Gate { x: x.clone(), f: f.clone(), table: table.clone(), start })
}

struct Gate {
    x: Var,
    f: Var,
    table: Var,
    start: usize,
}

impl Backward for Gate {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let Self { x, f, table, start } = self;
        let (samples, channels, row) = (dy.shape()[0], dy.channels(), table.value.channels());
        let vector = gate_vector(channels, row, *start);
        let sizes = [samples, dy.sample_len() / channels, channels / vector];
        let params = GateParams::new(sizes, row / vector, start / vector);
        gradients.write([(f, dy.dtype()), (table, Dtype::F32)], |[df, dtable]| {
            dy.gpu().launch(&Launch {
                kernel: &GATE_BWD,
                constants: &[("vector", vector as u32), ("accumulate", df.add.into())],
                params: bytes_of(&params),
                bindings: &[&f.value, &table.value, dy, &df.tensor, dtable.zeroed()],
                grid: Grid::covering(samples * channels / vector, 64).looping(dy.sample_len() / channels + 1),
            });
        });
        gradients.add(x, dy.clone());
    }
}

impl GateParams {
    fn new(sizes: [usize; 3], row: usize, start: usize) -> Self {
        Self { sizes: sizes.map(|size| size as u32), row: row as u32, start: start as u32 }
    }
}

/// Elements per value: 4 where channels, rows of the table and the first gate's column are multiples of 4.
fn gate_vector(channels: usize, row: usize, start: usize) -> usize {
    [channels, row, start].into_iter().map(vector).min().unwrap_or(1)
}
