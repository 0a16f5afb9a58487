//! The codec: an encoder from pictures to latents, a decoder back. The quantizer between them is `nn::quantizer`.

mod attention;
mod noise;
mod patch;
mod resnet;

use crate::config::{Arch, VqvaeConfig};
use crate::nn::sequential::Chain;
use crate::nn::{Layer, Pass, Scope};
use crate::ops::layout;
use crate::tape::Var;

/// Encoder and decoder, as `encoder.…` and `decoder.…` of one layout.
pub struct Codec {
    /// Pictures to latents.
    pub encoder: Encoder,
    /// Latents to pictures.
    pub decoder: Decoder,
}

impl Codec {
    /// A codec for pictures of `in_channels` channels.
    pub fn new(mut scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let encoder = Encoder::new(scope.at("encoder"), config, in_channels);
        let decoder = Decoder::new(scope.at("decoder"), config, in_channels);
        Self { encoder, decoder }
    }
}

/// `[N, H, W, in_channels]` to `[N, H / s, W / s, latent]`, s = [`VqvaeConfig::shrink`].
pub struct Encoder {
    patch: usize,
    network: Chain,
}

impl Encoder {
    /// The encoder that `config` describes.
    pub fn new(scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let c_in = in_channels * config.patch * config.patch;
        let network = match config.arch {
            Arch::Resnet => resnet::encoder(scope, config, c_in),
            Arch::Patch => patch::encoder(scope, config, c_in),
        };
        Self { patch: config.patch, network }
    }

    /// The latent before quantization.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let mut x = pass.enter(x);
        if self.patch > 1 {
            x = layout::space_to_depth(pass.tape, &x, self.patch);
        }
        pass.leave(&self.network.forward(pass, &x))
    }
}

/// `[N, h, w, latent]` to `[N, h s, w s, in_channels]`, s = [`VqvaeConfig::shrink`].
pub struct Decoder {
    patch: usize,
    network: Chain,
}

impl Decoder {
    /// The decoder that `config` describes.
    pub fn new(scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let c_out = in_channels * config.patch * config.patch;
        let network = match config.arch {
            Arch::Resnet => resnet::decoder(scope, config, c_out),
            Arch::Patch => patch::decoder(scope, config, c_out),
        };
        Self { patch: config.patch, network }
    }

    /// A logit (for binary rolls) or value per cell.
    pub fn forward(&self, pass: &Pass<'_>, z: &Var) -> Var {
        let y = pass.leave(&self.network.forward(pass, &pass.enter(z)));
        if self.patch == 1 { y } else { layout::depth_to_space(pass.tape, &y, self.patch) }
    }
}
