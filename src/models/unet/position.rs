//! Where a pixel of the latent lies: which pitches and beats it stands for, which convolutions alone cannot tell.

use crate::nn::{Init, Order, ParamId, Pass, Scope};
use crate::ops::{elementwise, embed};
use crate::tape::Var;
use crate::tensor::Tensor;

/// A learned vector per pixel, added to every sample.
pub struct Position {
    weight: ParamId,
}

impl Position {
    /// For pictures `[N, H, W, C]` of this `[H, W, C]`.
    pub fn new(mut scope: Scope<'_>, shape: [usize; 3]) -> Self {
        // A table of one row, which every sample looks up.
        let row = [1, shape.iter().product()];
        Self { weight: scope.parameter("weight", &row, Order::Same, Init::Constant(0.0)) }
    }

    #[track_caller]
    pub fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let first = Tensor::from_u32(x.gpu(), &[x.shape()[0]], &vec![0; x.shape()[0]]);
        let rows = embed::embedding(pass.tape, &pass.var(self.weight), &first);
        elementwise::add(pass.tape, x, &pass.enter(&pass.tape.reshape(&rows, x.shape())))
    }
}
