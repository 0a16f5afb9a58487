//! The codec: an encoder from images to latents, and a decoder back. The quantizer between them is `nn::quantizer`.

mod attention;
mod noise;
mod patch;
mod resnet;

use crate::config::{Arch, VqvaeConfig};
use crate::nn::sequential::Chain;
use crate::nn::{Layer, Pass, Scope};
use crate::ops::layout;
use crate::tape::{Tape, Var};

/// Encoder and decoder, as `encoder.…` and `decoder.…` of one layout.
pub struct Codec {
    /// Images to latents.
    pub encoder: Encoder,
    /// Latents to images.
    pub decoder: Decoder,
}

impl Codec {
    /// A codec for images of `in_channels` channels.
    pub fn new(mut scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let encoder = Encoder::new(scope.at("encoder"), config, in_channels);
        let decoder = Decoder::new(scope.at("decoder"), config, in_channels);
        Self { encoder, decoder }
    }
}

/// `[N, H, W, in_channels]` to `[N, h, w, latent]`, `[H / h, W / w]` = [`VqvaeConfig::downsampling`].
pub struct Encoder {
    patch: Patch,
    network: Chain,
}

impl Encoder {
    /// The encoder that `config` describes.
    pub fn new(scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let c_in = in_channels * config.cells();
        let network = match config.arch {
            Arch::Resnet => resnet::encoder(scope, config, c_in),
            Arch::Patch => patch::encoder(scope, config, c_in),
        };
        Self { patch: Patch::of(config), network }
    }

    /// The latent before quantization.
    pub fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        let x = self.patch.fold(pass.tape, &pass.enter(x));
        pass.leave(&self.network.forward(pass, &x))
    }
}

/// `[N, h, w, latent]` to `[N, H, W, in_channels]`, the inverse in shape of [`Encoder`].
pub struct Decoder {
    patch: Patch,
    network: Chain,
}

impl Decoder {
    /// The decoder that `config` describes.
    pub fn new(scope: Scope<'_>, config: &VqvaeConfig, in_channels: usize) -> Self {
        let c_out = in_channels * config.cells();
        let network = match config.arch {
            Arch::Resnet => resnet::decoder(scope, config, c_out),
            Arch::Patch => patch::decoder(scope, config, c_out),
        };
        Self { patch: Patch::of(config), network }
    }

    /// A logit (for binary rolls) or value per cell.
    pub fn forward(&self, pass: &Pass<'_>, z: &Var) -> Var {
        let y = pass.leave(&self.network.forward(pass, &pass.enter(z)));
        self.patch.unfold(pass.tape, &y)
    }
}

/// The patch of cells of a latent position before any network: `columns` squares of `side` x `side`, adjacent in time.
#[derive(Clone, Copy)]
struct Patch {
    side: usize,
    columns: usize,
}

impl Patch {
    fn of(config: &VqvaeConfig) -> Self {
        Self { side: config.patch, columns: config.columns }
    }

    /// `[N, H, W, C]` to `[N, H / side, W / (side columns), C side side columns]`.
    fn fold(self, tape: &Tape, x: &Var) -> Var {
        let squares = if self.side == 1 { x.clone() } else { layout::space_to_depth(tape, x, self.side) };
        let [n, height, width, channels] = squares.value.nhwc();
        // Adjacent squares of a row are contiguous already.
        tape.reshape(&squares, &[n, height, width / self.columns, channels * self.columns])
    }

    /// The inverse of [`fold`](Self::fold).
    fn unfold(self, tape: &Tape, y: &Var) -> Var {
        let [n, height, width, channels] = y.value.nhwc();
        let squares = tape.reshape(y, &[n, height, width * self.columns, channels / self.columns]);
        if self.side == 1 { squares } else { layout::depth_to_space(tape, &squares, self.side) }
    }
}
