//! SiLU and GELU.

use super::elementwise::{elementwise, register};
use crate::gpu::Kernel;
use crate::gpu::kernel::Registered;
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

static SILU_FWD: Kernel = Kernel::new("silu_fwd", include_str!("../../shaders/silu_fwd.wgsl"));
static SILU_BWD: Kernel = Kernel::new("silu_bwd", include_str!("../../shaders/silu_bwd.wgsl"));
static GELU_FWD: Kernel = Kernel::new("gelu_fwd", include_str!("../../shaders/gelu_fwd.wgsl"));
static GELU_BWD: Kernel = Kernel::new("gelu_bwd", include_str!("../../shaders/gelu_bwd.wgsl"));

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

pub(super) fn registered() -> Vec<Registered> {
    vec![register(&SILU_FWD, 2), register(&SILU_BWD, 3), register(&GELU_FWD, 2), register(&GELU_BWD, 3)]
}
