//! The codec of the Python package: residual blocks, strided convolutions down, pixel shuffles up.

use super::attention::{NeighbourhoodBlock, NonLocalBlock, RopeAttention};
use super::noise::NoiseInjection;
use crate::config::VqvaeConfig;
use crate::nn::sequential::Chain;
use crate::nn::{Conv2d, ConvNorm, Dropout, GroupNorm, Layer, Pass, Scope, Sequential, Silu, group_count};
use crate::ops::{activation, layout};
use crate::tape::Var;

/// Channels before the decoder's last convolution.
const HEAD: usize = 64;

/// `[N, H, W, c_in]` to `[N, H / 2^downsamples, W / 2^downsamples, latent]`.
pub fn encoder(scope: Scope<'_>, config: &VqvaeConfig, c_in: usize) -> Chain {
    let VqvaeConfig { hidden, downsamples, internal, latent, .. } = *config;
    let near = if config.neighbourhood { Kind::Neighbourhood } else { Kind::None };
    let mut layers = Sequential::new(scope);
    let mut c = c_in;
    for i in 0..downsamples {
        let attention = if i + 2 >= downsamples { near } else { Kind::None };
        let width = hidden << i;
        layers.add(|scope| ResBlock::new(scope, config, c, width, 2, attention));
        layers.add(|scope| ResBlock::new(scope, config, width, width, 1, attention));
        c = width;
    }
    layers.add(|scope| ResBlock::new(scope, config, c, internal, 1, near));
    let groups = group_count(2, latent);
    let inert = groups == latent;
    layers.add(|scope| Conv2d::new(scope, 1, internal, internal).inert_bias(inert));
    layers.add(|scope| Conv2d::new(scope, 1, internal, latent).inert_bias(inert));
    layers.add(|scope| GroupNorm::new(scope, groups, latent).silu());
    layers.skip();
    layers.add(|scope| Conv2d::new(scope, 3, latent, latent));
    layers.finish()
}

/// `[N, h, w, latent]` to `[N, h 2^downsamples, w 2^downsamples, c_out]`.
pub fn decoder(mut scope: Scope<'_>, config: &VqvaeConfig, c_out: usize) -> Chain {
    let VqvaeConfig { hidden, downsamples, internal, latent, noise_injection: strength, .. } = *config;
    let mut layers = Sequential::new(scope.at("layers"));
    let mut c = hidden << (downsamples - 1);
    let groups = group_count(latent, internal);
    let inert = groups == internal;
    layers.add(|scope| RopeAttention::new(scope, latent, inert));
    layers.add(|scope| Conv2d::new(scope, 1, latent, internal).inert_bias(inert));
    layers.add(|scope| GroupNorm::new(scope, groups, internal).silu());
    layers.skip();
    layers.add(|scope| Conv2d::new(scope, 1, internal, c));
    layers.add(|scope| NoiseInjection::new(scope, c, strength));
    layers.add(|scope| ResBlock::new(scope, config, c, c, 1, Kind::Full));
    for i in (0..downsamples).rev() {
        let width = hidden << i.saturating_sub(1);
        let near = config.neighbourhood && i == downsamples - 1;
        let attention = if near { Kind::Neighbourhood } else { Kind::None };
        layers.add(|scope| Conv2d::new(scope, 3, c, 4 * c));
        layers.add(|_| Silu);
        layers.add(|_| PixelShuffle);
        layers.add(|scope| NoiseInjection::new(scope, c, strength));
        layers.add(|scope| ResBlock::new(scope, config, c, width, 1, attention));
        layers.add(|scope| NoiseInjection::new(scope, width, strength));
        layers.add(|scope| ResBlock::new(scope, config, width, width, 1, Kind::None));
        c = width;
    }
    layers.add(|scope| NoiseInjection::new(scope, c, strength));
    layers.add(|scope| Conv2d::new(scope, 3, c, HEAD));
    layers.add(|_| Silu);
    layers.add(|scope| NoiseInjection::new(scope, HEAD, strength));
    layers.add(|scope| Conv2d::new(scope, 3, HEAD, c_out));
    layers.finish()
}

/// The attention between the convolutions of a residual block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Full,
    Neighbourhood,
}

/// Convolution, norm, SiLU, \[attention\], convolution, norm, plus the (projected) input, SiLU; dropout after each SiLU.
struct ResBlock {
    first: ConvNorm,
    dropout1: Dropout,
    attention: Option<Box<dyn Layer>>,
    second: ConvNorm,
    projection: Option<ConvNorm>,
    dropout2: Dropout,
}

impl ResBlock {
    fn new(
        mut scope: Scope<'_>,
        config: &VqvaeConfig,
        c_in: usize,
        c_out: usize,
        stride: usize,
        attention: Kind,
    ) -> Self {
        let groups = group_count(8, c_out);
        let (elements, channels) = (config.dropout, config.channel_dropout);
        let projected = stride != 1 || c_in != c_out;
        Self {
            first: ConvNorm::new(
                Conv2d::strided(scope.at("conv1"), 3, stride, c_in, c_out),
                GroupNorm::new(scope.at("norm1"), groups, c_out).silu(),
            ),
            dropout1: Dropout::new(scope.at("dropout1"), elements, channels),
            attention: match attention {
                Kind::None => None,
                Kind::Full => Some(Box::new(NonLocalBlock::new(scope.at("attn"), c_out))),
                Kind::Neighbourhood => Some(Box::new(NeighbourhoodBlock::new(scope.at("attn"), c_out))),
            },
            second: ConvNorm::new(
                Conv2d::new(scope.at("conv2"), 3, c_out, c_out),
                GroupNorm::new(scope.at("norm2"), groups, c_out),
            ),
            projection: projected.then(|| {
                let conv = Conv2d::strided(scope.at("downsample.0"), 1, stride, c_in, c_out);
                ConvNorm::new(conv, GroupNorm::new(scope.at("downsample.1"), groups, c_out))
            }),
            dropout2: Dropout::new(scope.at("dropout2"), elements, channels),
        }
    }
}

impl Layer for ResBlock {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let mut y = self.dropout1.forward(pass, &self.first.forward(pass, x));
        if let Some(attention) = &self.attention {
            y = attention.forward(pass, &y);
        }
        let skip = self.projection.as_ref().map_or_else(|| x.clone(), |projection| projection.forward(pass, x));
        let y = self.second.forward_residual(pass, &y, &skip);
        self.dropout2.forward(pass, &activation::silu(pass.tape, &y))
    }
}

/// `[N, H, W, 4 C]` to `[N, 2 H, 2 W, C]`.
struct PixelShuffle;

impl Layer for PixelShuffle {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        layout::depth_to_space(pass.tape, x, 2)
    }
}
