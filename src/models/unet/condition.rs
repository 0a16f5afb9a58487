//! The condition of the velocity: time and class, embedded as one vector per sample.

use crate::gpu::Gpu;
use crate::nn::{Init, Layer, Linear, Order, ParamId, Pass, Scope};
use crate::ops::embed::{self, Frequencies};
use crate::ops::{activation, elementwise};
use crate::tape::Var;
use crate::tensor::Tensor;

/// Frequencies of the embedded time, which is in [0, 999].
const FREQUENCIES: Frequencies = Frequencies { highest: 1.0, range: 10_000.0 };

/// A batch's classes on the device.
pub struct Classes {
    /// `[N]`, u32.
    ids: Tensor,
    /// `[N, emb]`, 1 for a shown class and 0 for a hidden one; `None` if all are shown.
    shown: Option<Tensor>,
}

/// Two linear layers with a GELU between them.
struct Mlp {
    first: Linear,
    second: Linear,
}

impl Mlp {
    fn new(mut scope: Scope<'_>, c_in: usize, c_out: usize) -> Self {
        Self { first: Linear::new(scope.at(1), c_in, c_out), second: Linear::new(scope.at(3), c_out, c_out) }
    }
}

impl Layer for Mlp {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        self.second.forward(pass, &activation::gelu(pass.tape, &self.first.forward(pass, x)))
    }
}

/// Time and class to `[N, emb]`.
pub struct Condition {
    dim: usize,
    time_mlp: Mlp,
    class_cond_mlp: Option<(ParamId, Mlp)>,
}

impl Condition {
    /// Channels of the condition of a network of width `dim`.
    pub fn width(dim: usize) -> usize {
        8 * dim
    }

    pub fn new(scope: &mut Scope<'_>, dim: usize, n_classes: usize) -> Self {
        let emb = Self::width(dim);
        let time_mlp = Mlp::new(scope.at("time_mlp"), dim, emb);
        let class_cond_mlp = (n_classes > 0).then(|| {
            let mut scope = scope.at("class_cond_mlp");
            let table =
                scope.at(0).parameter("weight", &[n_classes, emb], Order::Same, Init::Normal { deviation: 1.0 });
            (table, Mlp::new(scope, emb, emb))
        });
        Self { dim, time_mlp, class_cond_mlp }
    }

    pub fn classes(&self, gpu: &Gpu, classes: &[Option<usize>]) -> Classes {
        let (n, emb) = (classes.len(), Self::width(self.dim));
        let ids: Vec<u32> = classes.iter().map(|class| class.unwrap_or(0) as u32).collect();
        let shown = classes.contains(&None).then(|| {
            let row = |class: &Option<usize>| std::iter::repeat_n(f32::from(u8::from(class.is_some())), emb);
            Tensor::from_f32(gpu, &[n, emb], &classes.iter().flat_map(row).collect::<Vec<_>>())
        });
        Classes { ids: Tensor::from_u32(gpu, &[n], &ids), shown }
    }

    /// The condition after SiLU, which every residual block applies first.
    #[track_caller]
    pub fn forward(&self, pass: &Pass<'_>, t: &Tensor, classes: Option<&Classes>) -> Var {
        let tape = pass.tape;
        let time = embed::sinusoidal_time(t, self.dim, FREQUENCIES);
        let mut emb = self.time_mlp.forward(pass, &pass.enter(&Var::constant(time)));
        if let Some(Classes { ids, shown }) = classes {
            let (table, mlp) = self.class_cond_mlp.as_ref().expect("classes are given to a network that has them");
            let mut class = mlp.forward(pass, &pass.enter(&embed::embedding(tape, &pass.var(*table), ids)));
            if let Some(shown) = shown {
                class = elementwise::multiply(tape, &class, &pass.enter(&Var::constant(shown.clone())));
            }
            emb = elementwise::add(tape, &emb, &class);
        }
        activation::silu(tape, &emb)
    }
}
