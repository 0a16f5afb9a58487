//! The patch codec: all arithmetic at the resolution of the latent.

use crate::config::{Norm, VqvaeConfig};
use crate::nn::sequential::Chain;
use crate::nn::{Conv2d, Dropout, GroupNorm, Layer, LayerNorm, Pass, Scope, Sequential, Silu, group_count};
use crate::ops::elementwise;
use crate::tape::Var;

/// `[N, h, w, c_in]`, after space-to-depth, to `[N, h, w, latent]`.
pub fn encoder(scope: Scope<'_>, config: &VqvaeConfig, c_in: usize) -> Chain {
    chain(Sequential::new(scope), config, [c_in, config.latent], None)
}

/// `[N, h, w, latent]` to `[N, h, w, c_out]`, before depth-to-space.
pub fn decoder(mut scope: Scope<'_>, config: &VqvaeConfig, c_out: usize) -> Chain {
    chain(Sequential::new(scope.at("layers")), config, [config.latent, c_out], config.output_bias)
}

fn chain(mut layers: Sequential<'_>, config: &VqvaeConfig, [c_in, c_out]: [usize; 2], bias: Option<f64>) -> Chain {
    layers.add(|scope| Conv2d::new(scope, 1, c_in, config.hidden));
    for _ in 0..config.blocks {
        layers.add(|scope| PatchBlock::new(scope, config));
    }
    if config.norm == Norm::Position {
        layers.add(|scope| LayerNorm::new(scope, config.hidden));
    }
    layers.add(|scope| match bias {
        Some(value) => Conv2d::with_bias(scope, 1, config.hidden, c_out, value as f32),
        None => Conv2d::new(scope, 1, config.hidden, c_out),
    });
    layers.finish()
}

/// Norm, convolution, SiLU, 1x1 convolution, added to the input.
struct PatchBlock {
    norm: Box<dyn Layer>,
    conv1: Conv2d,
    dropout: Dropout,
    conv2: Conv2d,
}

impl PatchBlock {
    fn new(mut scope: Scope<'_>, config: &VqvaeConfig) -> Self {
        let hidden = config.hidden;
        Self {
            norm: match config.norm {
                Norm::Window => Box::new(GroupNorm::new(scope.at("norm"), group_count(8, hidden), hidden)),
                Norm::Position => Box::new(LayerNorm::new(scope.at("norm"), hidden)),
            },
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
