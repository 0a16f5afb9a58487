//! The U-Net's residual block, which time and class modulate.

use crate::nn::{Conv2d, ConvNorm, GroupNorm, Layer, Linear, Pass, Scope};
use crate::ops::norm::Fused;
use crate::tape::Var;

/// Groups of its norms.
const GROUPS: usize = 4;

/// Two convolution blocks, the first scaled and shifted by the condition, plus the (projected) input.
pub struct ResBlock {
    mlp: Linear,
    block1: ConvNorm,
    block2: ConvNorm,
    res_conv: Option<Conv2d>,
}

impl ResBlock {
    pub fn new(mut scope: Scope<'_>, c_in: usize, c_out: usize, emb: usize) -> Self {
        Self {
            mlp: Linear::new(scope.at("mlp.1"), emb, 2 * c_out),
            block1: conv_block(scope.at("block1"), c_in, c_out),
            block2: conv_block(scope.at("block2"), c_out, c_out),
            res_conv: (c_in != c_out).then(|| Conv2d::new(scope.at("res_conv"), 1, c_in, c_out)),
        }
    }

    /// `[N, H, W, c_in]` to `[N, H, W, c_out]`; `emb` `[N, emb]` is the condition after its SiLU.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, emb: &Var) -> Var {
        let scale_shift = self.mlp.forward(pass, emb);
        let modulated = Fused { scale_shift: Some(&scale_shift), ..Fused::default() };
        let y = self.block1.forward_fused(pass, x, modulated);
        let skip = self.res_conv.as_ref().map_or_else(|| x.clone(), |conv| conv.forward(pass, x));
        self.block2.forward_fused(pass, &y, Fused { residual: Some(&skip), ..Fused::default() })
    }
}

/// Convolution, norm, SiLU.
fn conv_block(mut scope: Scope<'_>, c_in: usize, c_out: usize) -> ConvNorm {
    let conv = Conv2d::new(scope.at("proj"), 3, c_in, c_out);
    ConvNorm::new(conv, GroupNorm::new(scope.at("norm"), GROUPS, c_out).silu())
}
