//! The three attention blocks of the resnet codec, over positions, each added to its input.

use crate::nn::{Conv2d, GroupNorm, Init, Layer, Linear, Order, ParamId, Pass, Scope, group_count};
use crate::ops::neighbourhood_attention::neighbourhood_attention;
use crate::ops::{attention, elementwise, rope};
use crate::tape::Var;

/// Single-head attention of every position to every other (Wang et al. 2018, arXiv 1711.07971).
pub struct NonLocalBlock {
    norm: GroupNorm,
    q: Conv2d,
    k: Conv2d,
    v: Conv2d,
    proj_out: Conv2d,
}

impl NonLocalBlock {
    pub fn new(mut scope: Scope<'_>, channels: usize) -> Self {
        let groups = group_count(32, channels);
        Self {
            norm: GroupNorm::new(scope.at("norm.norm"), groups, channels).eps(1e-6),
            q: Conv2d::new(scope.at("q"), 1, channels, channels),
            // This bias adds the same number to all scores of a query, which softmax cancels.
            k: Conv2d::new(scope.at("k"), 1, channels, channels).inert_bias(true),
            v: Conv2d::new(scope.at("v"), 1, channels, channels),
            proj_out: Conv2d::new(scope.at("proj_out"), 1, channels, channels),
        }
    }
}

impl Layer for NonLocalBlock {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let y = self.norm.forward(pass, x);
        let [q, k, v] = [&self.q, &self.k, &self.v].map(|projection| tokens(pass, &projection.forward(pass, &y)));
        let scale = (x.value.channels() as f32).sqrt().recip();
        let y = pass.tape.reshape(&attention::attention(pass.tape, &q, &k, &v, 1, scale), x.shape());
        elementwise::add(pass.tape, x, &self.proj_out.forward(pass, &y))
    }
}

/// Attention of each position to the 7x7 window around it, 8 heads, times a learned scalar that is initialised to 0
/// (Hassani et al. 2023, arXiv 2204.07143).
pub struct NeighbourhoodBlock {
    norm: GroupNorm,
    qkv: Linear,
    proj: Linear,
    gamma: ParamId,
}

/// Heads of the neighbourhood attention.
const HEADS: usize = 8;

impl NeighbourhoodBlock {
    pub fn new(mut scope: Scope<'_>, channels: usize) -> Self {
        Self {
            norm: GroupNorm::new(scope.at("norm"), group_count(8, channels), channels),
            qkv: Linear::without_bias(scope.at("qkv"), channels, 3 * channels),
            proj: Linear::without_bias(scope.at("proj"), channels, channels),
            gamma: scope.parameter("gamma", &[1], Order::Same, Init::Constant(0.0)),
        }
    }
}

impl Layer for NeighbourhoodBlock {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let qkv = self.qkv.forward(pass, &self.norm.forward(pass, x));
        let y = self.proj.forward(pass, &neighbourhood_attention(pass.tape, &qkv, HEADS));
        elementwise::add(pass.tape, x, &elementwise::scale_by(pass.tape, &y, &pass.var(self.gamma)))
    }
}

/// Single-head attention with rotary position embedding (Su et al. 2021, arXiv 2104.09864) over the positions in row-major order.
pub struct RopeAttention {
    q_proj: Conv2d,
    k_proj: Conv2d,
    v_proj: Conv2d,
    out_proj: Conv2d,
}

impl RopeAttention {
    /// `inert`: the next layer cancels a constant added to a channel, and hence two of the biases (attention weights sum to 1).
    pub fn new(mut scope: Scope<'_>, channels: usize, inert: bool) -> Self {
        let reduced = (channels / 2).max(1);
        Self {
            q_proj: Conv2d::new(scope.at("q_proj"), 1, channels, reduced),
            k_proj: Conv2d::new(scope.at("k_proj"), 1, channels, reduced),
            v_proj: Conv2d::new(scope.at("v_proj"), 1, channels, channels).inert_bias(inert),
            out_proj: Conv2d::new(scope.at("out_proj"), 1, channels, channels).inert_bias(inert),
        }
    }
}

impl Layer for RopeAttention {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let [q, k] = [&self.q_proj, &self.k_proj]
            .map(|projection| rope::rope(pass.tape, &tokens(pass, &projection.forward(pass, x))));
        let v = tokens(pass, &self.v_proj.forward(pass, x));
        let scale = (q.value.channels() as f32).sqrt().recip();
        let y = pass.tape.reshape(&attention::attention(pass.tape, &q, &k, &v, 1, scale), x.shape());
        elementwise::add(pass.tape, x, &self.out_proj.forward(pass, &y))
    }
}

/// `[N, H, W, C]` as `[N, H W, C]`.
fn tokens(pass: &Pass<'_>, x: &Var) -> Var {
    let [n, h, w, c] = x.value.nhwc();
    pass.tape.reshape(x, &[n, h * w, c])
}
