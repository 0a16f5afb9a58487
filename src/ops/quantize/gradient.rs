//! Gradient estimators for the quantizer, whose own derivative is zero almost everywhere.

use bytemuck::{Pod, Zeroable};

use super::dimension::dimension;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::ROTATION_GRADIENT;
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
}

/// The gradient at `z` for the gradient `g` at `quantized`, all `[.., D]`, by the rotation trick: `quantized = |q|/|z| R z`, with
/// the rotation R treated as a constant. `reference::rotation_gradient` has the formula.
#[track_caller]
pub fn rotation_gradient(z: &Tensor, quantized: &Tensor, g: &Tensor) -> Tensor {
    assert!(
        z.len() == quantized.len() && z.len() == g.len(),
        "rotation_gradient: z {z:?}, quantized {quantized:?}, gradient {g:?}"
    );
    let dz = Tensor::empty_f32(z.gpu(), z.shape());
    z.gpu().launch(&Launch {
        kernel: &ROTATION_GRADIENT,
        constants: &[dimension("rotation_gradient", z.channels())],
        params: bytemuck::bytes_of(&Params { rows: z.rows() as u32 }),
        bindings: &[z, quantized, g, &dz],
        grid: Grid::covering(z.rows(), 64),
    });
    dz
}

/// How the gradient passes the quantizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// Unchanged (van den Oord et al. 2017, arXiv 1711.00937).
    StraightThrough,
    /// Rotated and scaled as the latent was (Fifty et al. 2024, arXiv 2410.06424).
    Rotation,
}

struct StraightThrough {
    z: Var,
    quantized: Tensor,
    estimator: Estimator,
}

impl Backward for StraightThrough {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let gradient = match self.estimator {
            Estimator::StraightThrough => output.clone(),
            Estimator::Rotation => rotation_gradient(&self.z.value, &self.quantized, output),
        };
        gradients.add(&self.z, gradient);
    }
}

/// Replaces `z` by `quantized` in the forward pass. The gradient at the output becomes that at `z`, unchanged or by
/// [`rotation_gradient`].
#[track_caller]
pub fn quantize_straight_through(tape: &Tape, z: &Var, quantized: Tensor, estimator: Estimator) -> Var {
    assert_eq!(z.value.len(), quantized.len(), "quantize_straight_through: z {:?}, quantized {quantized:?}", z.value);
    let quantized = quantized.reshape(z.shape());
    let node = || StraightThrough { z: z.clone(), quantized: quantized.clone(), estimator };
    tape.record(&[z], quantized.clone(), node)
}
