//! Conversion between f32 and f16 storage.

use super::elementwise::launch;
use crate::dtype::Dtype;
use crate::shader::kernels::CAST;
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// x stored as `dtype`, f32 or f16. The gradient is stored in the format of x.
#[track_caller]
pub fn cast(tape: &Tape, x: &Var, dtype: Dtype) -> Var {
    if x.value.dtype() == dtype {
        return x.clone();
    }
    tape.record(&[x], stored_as(&x.value, dtype), || Cast { x: x.clone() })
}

struct Cast {
    x: Var,
}

impl Backward for Cast {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, stored_as(output, self.x.value.dtype()));
    }
}

/// [`cast`] without recording. Returns x itself if it is stored as `dtype` already. It may be larger than a binding.
#[track_caller]
pub fn stored_as(x: &Tensor, dtype: Dtype) -> Tensor {
    assert!(x.dtype() != Dtype::U32 && dtype != Dtype::U32, "cast: {x:?} to {dtype:?}");
    if x.dtype() == dtype {
        return x.clone();
    }
    let y = Tensor::empty(x.gpu(), x.shape(), dtype);
    for (x, y) in x.windows().iter().zip(y.windows()) {
        launch(&CAST, &[x, &y], x.len());
    }
    y
}
