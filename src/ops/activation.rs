//! SiLU and the two forms of GELU.

use super::elementwise::elementwise;
use crate::shader::Kernel;
use crate::shader::kernels::{GELU_BWD, GELU_FWD, GELU_TANH_BWD, GELU_TANH_FWD, SILU_BWD, SILU_FWD};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// `x sigmoid(x)` (Elfwing et al. 2018), element by element.
#[track_caller]
pub fn silu(tape: &Tape, x: &Var) -> Var {
    activation(tape, x, &SILU_FWD, &SILU_BWD)
}

/// `x Phi(x)` with the normal distribution's exact Phi (Hendrycks and Gimpel 2016), element by element.
#[track_caller]
pub fn gelu(tape: &Tape, x: &Var) -> Var {
    activation(tape, x, &GELU_FWD, &GELU_BWD)
}

/// `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`, the approximation of [`gelu`] in the same paper, element by element.
#[track_caller]
pub fn gelu_tanh(tape: &Tape, x: &Var) -> Var {
    activation(tape, x, &GELU_TANH_FWD, &GELU_TANH_BWD)
}

fn activation(tape: &Tape, x: &Var, forward: &'static Kernel, backward: &'static Kernel) -> Var {
    let y = elementwise(forward, &[&x.value]);
    tape.record(&[x], y, || Activation { x: x.clone(), backward })
}

struct Activation {
    x: Var,
    backward: &'static Kernel,
}

impl Backward for Activation {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, elementwise(self.backward, &[&self.x.value, output]));
    }
}
