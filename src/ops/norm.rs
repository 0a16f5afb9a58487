//! Group normalisation, with a scale and shift per sample, SiLU and a residual fused into it.
//!
//! Three implementations of one formula. Small samples take `one_pass`: one workgroup per sample and group, one dispatch each
//! way. Large samples are `chunked`: each group's positions are split over many workgroups, in three dispatches each way. Many
//! samples of one position are `rows`: a workgroup takes several of them.

mod args;
mod chunked;
mod extent;
mod one_pass;
mod rows;

pub use args::{Args, GroupNorm, Modulation};
use extent::Extent;

use crate::dtype::Dtype;
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

/// `y = act((gamma xhat + beta) (1 + scale) + shift) + residual`, `xhat = (x - mean) / sqrt(var + eps)` (Wu and He 2018,
/// arXiv 1803.08494).
///
/// Mean and variance are over a group's channels at all positions of a sample; `act` is SiLU or the identity.
#[track_caller]
pub fn group_norm(tape: &Tape, args: Args<&Var>, norm: &GroupNorm) -> Var {
    let values = args.map(|var| &var.value);
    let extent = Extent::of(&values, norm);
    let (y, coefficients) = if extent.is_of_rows(&values) {
        rows::forward(&extent, values)
    } else if extent.fits_one_pass(values.x.gpu()) {
        one_pass::forward(&extent, values)
    } else {
        chunked::forward(&extent, values)
    };
    tape.record(&args.all(), y, || GroupNormBackward { args: args.map(Var::clone), coefficients, extent })
}

struct GroupNormBackward {
    args: Args<Var>,
    /// Each channel's mean, gain, offset and rstd, `[N, 4, C]`: `y = act((x - mean) gain + offset)`. Of rows, mean and rstd, `[N, 2]`.
    coefficients: Tensor,
    extent: Extent,
}

impl Backward for GroupNormBackward {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let Args { x, gamma, beta, modulation, residual } = self.args.as_ref();
        let of_x = (x, x.value.dtype());
        let (of_gamma, of_beta) = ((gamma, Dtype::F32), (beta, Dtype::F32));
        match modulation {
            None => gradients.write([of_x, of_gamma, of_beta], |[dx, dgamma, dbeta]| {
                self.write(dy, dx, [dgamma, dbeta], None);
            }),
            Some(Modulation { table, .. }) => {
                let of_table = (table, table.value.dtype());
                gradients.write([of_x, of_gamma, of_beta, of_table], |[dx, dgamma, dbeta, dtable]| {
                    self.write(dy, dx, [dgamma, dbeta], Some(dtable.zeroed()));
                });
            }
        }
        if let Some(residual) = residual {
            gradients.add(residual, dy.clone());
        }
    }
}

impl GroupNormBackward {
    fn write(&self, dy: &Tensor, dx: &Place, [dgamma, dbeta]: [&Place; 2], dtable: Option<&Tensor>) {
        let Self { args, coefficients, extent } = self;
        let values = args.as_ref().map(|var| &var.value);
        let channel_sums = if extent.is_of_rows(&values) {
            rows::backward(extent, values, coefficients, dy, dx)
        } else if extent.fits_one_pass(dy.gpu()) {
            one_pass::backward(extent, values.x, coefficients, dy, dx)
        } else {
            let dx = args.x.is_differentiable().then_some(dx);
            chunked::backward(extent, values.x, coefficients, dy, dx)
        };
        extent.add_parameter_gradients(&channel_sums, &values, [dgamma.zeroed(), dbeta.zeroed()], dtable);
    }
}
