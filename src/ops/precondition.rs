//! The part of a velocity that is linear in x, computed without a network, and the scale of a network's input.
//!
//! Of the data nothing is known but its mean 0 and deviation 1. Then x_t = (1 - t) x0 + t x1 has the deviation
//! s = sqrt(t^2 + (1 - t)^2), and the best linear guess at the velocity x1 - x0 is (2 t - 1) x_t / s^2, whose error has the deviation
//! 1 / s. A network F that is given x / s and adds F / s to this guess has inputs and targets of deviation 1 at every t (the idea of
//! Karras et al. 2022, arXiv 2206.00364, section 5, for straight paths).

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::vector;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::{PRECONDITION_SCALE, PRECONDITION_VELOCITY};
use crate::shader::{Constants, Kernel};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    values: u32,
    per_sample: u32,
}

/// A factor for each sample.
#[derive(Clone, Copy)]
enum Factor {
    /// 1 / s.
    Inverse,
    /// (2 t - 1) / s^2.
    Slope,
}

#[track_caller]
fn launch(kernel: &'static Kernel, constants: Constants<'_>, inputs: &[&Tensor], t: &Tensor) -> Tensor {
    let x = inputs[0];
    assert!(
        t.len() == x.shape()[0] && inputs.iter().all(|input| input.len() == x.len()),
        "{}: {inputs:?}, t {t:?}",
        kernel.name
    );
    let y = Tensor::empty_f32(x.gpu(), x.shape());
    let per_sample = x.len() / t.len().max(1);
    let vector = vector(per_sample);
    let params = Params { values: (x.len() / vector) as u32, per_sample: (per_sample / vector) as u32 };
    x.gpu().launch(&Launch {
        kernel,
        constants: &[constants, &[("vector", vector as u32)]].concat(),
        params: bytes_of(&params),
        bindings: &[inputs, &[t, &y]].concat(),
        grid: Grid::covering(x.len() / vector, 64),
    });
    y
}

#[track_caller]
fn scaled(x: &Tensor, t: &Tensor, factor: Factor) -> Tensor {
    launch(&PRECONDITION_SCALE, &[("slope", matches!(factor, Factor::Slope).into())], &[x], t)
}

/// `x / s`, s the deviation of x_t: x `[N, ..]`, t `[N]` in [0, 1].
#[track_caller]
pub fn unit_deviation(tape: &Tape, x: &Var, t: &Tensor) -> Var {
    let y = scaled(&x.value, t, Factor::Inverse);
    tape.record(&[x], y, || UnitDeviation { x: x.clone(), t: t.clone() })
}

struct UnitDeviation {
    x: Var,
    t: Tensor,
}

impl Backward for UnitDeviation {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, scaled(dy, &self.t, Factor::Inverse));
    }
}

/// `((2 t - 1) x + s f) / s^2`, the velocity of a network whose output is f: x and f `[N, ..]`, t `[N]` in [0, 1].
#[track_caller]
pub fn preconditioned(tape: &Tape, x: &Var, f: &Var, t: &Tensor) -> Var {
    let v = launch(&PRECONDITION_VELOCITY, &[], &[&x.value, &f.value], t);
    tape.record(&[x, f], v, || Preconditioned { x: x.clone(), f: f.clone(), t: t.clone() })
}

struct Preconditioned {
    x: Var,
    f: Var,
    t: Tensor,
}

impl Backward for Preconditioned {
    fn backward(&self, dv: &Tensor, gradients: &mut Gradients) {
        for (input, factor) in [(&self.x, Factor::Slope), (&self.f, Factor::Inverse)] {
            if input.is_differentiable() {
                gradients.add(input, scaled(dv, &self.t, factor));
            }
        }
    }
}
