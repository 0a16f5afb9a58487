//! The residual block of the U-Net, modulated by time and class.

use crate::nn::{Conv2d, ConvNorm, GroupNorm, Layer, Pass, Scope};
use crate::ops::norm::Modulation;
use crate::tape::Var;

/// Groups of its norms.
const GROUPS: usize = 4;

/// Two convolution blocks, the first modulated by the condition, plus the (projected) input.
pub struct ResBlock {
    block1: ConvNorm,
    block2: ConvNorm,
    res_conv: Option<Conv2d>,
    start: usize,
}

impl ResBlock {
    /// The layer `mlp.1`, which computes scales and shifts from the condition, is not part of the block: its outputs are the
    /// columns from `start` on of the table of all blocks.
    pub fn new(mut scope: Scope<'_>, c_in: usize, c_out: usize, start: usize) -> Self {
        Self {
            block1: conv_block(scope.at("block1"), c_in, c_out),
            block2: conv_block(scope.at("block2"), c_out, c_out),
            res_conv: (c_in != c_out).then(|| Conv2d::new(scope.at("res_conv"), 1, c_in, c_out)),
            start,
        }
    }

    /// `[N, H, W, c_in]` to `[N, H, W, c_out]`; `table` `[N, columns]` holds the scales and shifts of all blocks.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var, table: &Var) -> Var {
        let y = self.block1.forward_modulated(pass, x, Modulation { table, start: self.start });
        let skip = self.res_conv.as_ref().map_or_else(|| x.clone(), |conv| conv.forward(pass, x));
        self.block2.forward_residual(pass, &y, &skip)
    }
}

/// Convolution, norm, SiLU.
fn conv_block(mut scope: Scope<'_>, c_in: usize, c_out: usize) -> ConvNorm {
    let conv = Conv2d::new(scope.at("proj"), 3, c_in, c_out);
    ConvNorm::new(conv, GroupNorm::new(scope.at("norm"), GROUPS, c_out).silu())
}
