//! The patch codec: all arithmetic at the resolution of the latent.

use crate::config::VqvaeConfig;
use crate::nn::sequential::Chain;
use crate::nn::{Conv2d, Dropout, GroupNorm, Layer, Pass, Scope, Sequential, Silu, group_count};
use crate::ops::elementwise;
use crate::tape::Var;

/// `[N, h, w, c_in]`, after space-to-depth, to `[N, h, w, latent]`.
pub fn encoder(scope: Scope<'_>, config: &VqvaeConfig, c_in: usize) -> Chain {
    chain(Sequential::new(scope), config, c_in, config.latent)
}

/// `[N, h, w, latent]` to `[N, h, w, c_out]`, before depth-to-space.
pub fn decoder(mut scope: Scope<'_>, config: &VqvaeConfig, c_out: usize) -> Chain {
    chain(Sequential::new(scope.at("layers")), config, config.latent, c_out)
}

fn chain(mut layers: Sequential<'_>, config: &VqvaeConfig, c_in: usize, c_out: usize) -> Chain {
    layers.add(|scope| Conv2d::new(scope, 1, c_in, config.hidden));
    for _ in 0..config.blocks {
        layers.add(|scope| PatchBlock::new(scope, config));
    }
    layers.add(|scope| Conv2d::new(scope, 1, config.hidden, c_out));
    layers.finish()
}

/// Norm, convolution, SiLU, 1x1 convolution, added to the input.
struct PatchBlock {
    norm: GroupNorm,
    conv1: Conv2d,
    dropout: Dropout,
    conv2: Conv2d,
}

impl PatchBlock {
    fn new(mut scope: Scope<'_>, config: &VqvaeConfig) -> Self {
        let hidden = config.hidden;
        Self {
            norm: GroupNorm::new(scope.at("norm"), group_count(8, hidden), hidden),
            conv1: Conv2d::new(scope.at("conv1"), config.kernel, hidden, hidden),
            dropout: Dropout::new(scope.at("dropout"), config.dropout, config.channel_dropout),
            conv2: Conv2d::new(scope.at("conv2"), 1, hidden, hidden),
        }
    }
}

impl Layer for PatchBlock {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let y = self.conv1.forward(pass, &self.norm.forward(pass, x));
        let y = self.dropout.forward(pass, &Silu.forward(pass, &y));
        elementwise::add(pass.tape, x, &self.conv2.forward(pass, &y))
    }
}
