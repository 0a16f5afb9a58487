//! The gradient past the quantizer, which has none of its own.

use bytemuck::{Pod, Zeroable};

use super::dimension;
use crate::config::Gradient;
use crate::gpu::kernel::Registered;
use crate::gpu::{Grid, Kernel, Launch};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

static ROTATION_GRADIENT: Kernel =
    Kernel::new("rotation_gradient", include_str!("../../../shaders/rotation_gradient.wgsl"));

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
}

/// The kernel of this file.
pub(super) fn registered() -> Vec<Registered> {
    let kernel = Registered::plain(&ROTATION_GRADIENT, size_of::<Params>(), 4);
    vec![Registered { variants: &[&[("d", 3)], &[("d", 16)]], ..kernel }]
}

/// The gradient `g` to `quantized` taken to `z`, all `[.., D]`, by the rotation trick: `quantized = |q|/|z| R z` with the
/// rotation R taken as a constant. `reference::rotation_gradient` has the formula.
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

struct Past {
    z: Var,
    quantized: Tensor,
    how: Gradient,
}

impl Backward for Past {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let gradient = match self.how {
            Gradient::StraightThrough => output.clone(),
            Gradient::Rotation => rotation_gradient(&self.z.value, &self.quantized, output),
        };
        gradients.add(&self.z, gradient);
    }
}

/// Puts `quantized` in `z`'s place: the value is the sum of codes, and the gradient goes to z, as it is or by
/// [`rotation_gradient`].
#[track_caller]
pub fn quantize_straight_through(tape: &Tape, z: &Var, quantized: Tensor, how: Gradient) -> Var {
    assert_eq!(z.value.len(), quantized.len(), "quantize_straight_through: z {:?}, quantized {quantized:?}", z.value);
    let quantized = quantized.reshape(z.shape());
    let node = || Past { z: z.clone(), quantized: quantized.clone(), how };
    tape.record(&[z], quantized.clone(), node)
}
