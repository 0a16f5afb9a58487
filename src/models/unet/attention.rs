//! The two attention blocks of the U-Net, over all positions, with a norm before them and added to their input.

use crate::nn::{Conv2d, GroupNorm, Layer, Pass, Scope};
use crate::ops::linear_attention::projected::{Projections, projected_linear_attention};
use crate::ops::{attention, elementwise};
use crate::tape::Var;

/// Heads of either kind.
const HEADS: usize = 4;
/// Channels of a head.
const WIDTH: usize = 32;

/// The kind of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heads {
    /// Softmax over all pairs of positions (Vaswani et al. 2017, arXiv 1706.03762).
    Full,
    /// Softmax over queries and keys separately, so that the cost is linear in positions (Shen et al. 2021,
    /// arXiv 1812.01243).
    Linear,
}

/// `x + to_out(attention(to_qkv(norm(x))))`.
pub struct Attention {
    norm: GroupNorm,
    to_qkv: Conv2d,
    to_out: Conv2d,
    /// The norm after linear attention.
    out_norm: Option<GroupNorm>,
}

impl Attention {
    pub fn new(mut scope: Scope<'_>, channels: usize, heads: Heads) -> Self {
        let mut scope = scope.at("fn");
        let inner = HEADS * WIDTH;
        let norm = GroupNorm::new(scope.at("norm"), 1, channels);
        let to_qkv = Conv2d::without_bias(scope.at("fn.to_qkv"), 1, channels, 3 * inner);
        let (to_out, out_norm) = match heads {
            Heads::Full => (Conv2d::new(scope.at("fn.to_out"), 1, inner, channels), None),
            Heads::Linear => {
                let to_out = Conv2d::new(scope.at("fn.to_out.0"), 1, inner, channels);
                (to_out, Some(GroupNorm::new(scope.at("fn.to_out.1"), 1, channels)))
            }
        };
        Self { norm, to_qkv, to_out, out_norm }
    }
}

impl Layer for Attention {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let normed = self.norm.forward(pass, x);
        match &self.out_norm {
            Some(norm) => norm.forward_residual(pass, &self.linear(pass, &normed), x),
            None => elementwise::add(pass.tape, x, &self.full(pass, &normed)),
        }
    }
}

impl Attention {
    fn linear(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let ((qkv, _), (out, bias)) = (self.to_qkv.parameters(pass), self.to_out.parameters(pass));
        let bias = bias.expect("the projection from the heads has a bias");
        projected_linear_attention(pass.tape, x, Projections { qkv: &qkv, out: &out, bias: &bias }, HEADS)
    }

    fn full(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let [n, h, w, _] = x.value.nhwc();
        let inner = HEADS * WIDTH;
        let qkv = pass.tape.reshape(&self.to_qkv.forward(pass, x), &[n, h * w, 3 * inner]);
        let y = attention::attention_packed(pass.tape, &qkv, HEADS, (WIDTH as f32).sqrt().recip());
        self.to_out.forward(pass, &pass.tape.reshape(&y, &[n, h, w, inner]))
    }
}
