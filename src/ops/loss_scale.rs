//! Dynamic loss scaling, on the device and without a readback.

use bytemuck::{Pod, Zeroable};

use crate::gpu::{Grid, Launch};
use crate::shader::kernels::LOSS_SCALE;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    interval: f32,
    largest: f32,
}

/// How the scale grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Finite gradients in a row after which the scale is doubled.
    pub interval: f32,
    /// The largest scale.
    pub largest: f32,
}

/// The state after a gradient of norm `norm` `[1]`: a non-finite norm halves the scale, `growth.interval` finite ones in a row
/// double it (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2). State `[2]`: the scale, and finite gradients in a row.
#[track_caller]
pub fn loss_scale(norm: &Tensor, state: &Tensor, growth: Growth) -> Tensor {
    assert!(norm.len() == 1 && state.len() == 2, "loss_scale: norm {norm:?}, state {state:?}");
    let next = Tensor::empty_f32(state.gpu(), &[2]);
    state.gpu().launch(&Launch {
        kernel: &LOSS_SCALE,
        constants: &[],
        params: bytemuck::bytes_of(&Params { interval: growth.interval, largest: growth.largest }),
        bindings: &[norm, state, &next],
        grid: Grid::linear(1),
    });
    next
}
