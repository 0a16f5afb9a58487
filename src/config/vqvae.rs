//! The section `vqvae:`: the codec's network, its residual quantizer and its loss.

use serde::{Deserialize, Serialize};

/// Architecture of encoder and decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arch {
    /// Residual blocks with strided convolutions, as in the Python package.
    Resnet,
    /// Space-to-depth, then residual blocks at the resolution of the latent: far cheaper for piano rolls.
    Patch,
}

/// What the patch codec's norms normalise over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Group norm: each of 8 groups of channels, over all latent positions of the window.
    Window,
    /// Layer norm: the channels of each latent position, so that with a kernel of 1 a position is coded by itself. A norm also
    /// precedes the last convolution of encoder and decoder.
    Position,
}

/// Gradient estimator of the quantizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gradient {
    /// Straight-through: unchanged (van den Oord et al. 2017, arXiv 1711.00937).
    StraightThrough,
    /// Rotation trick: rotated and rescaled as from latent to code (Fifty et al. 2024, arXiv 2410.06424).
    Rotation,
}

/// The weight of each term of the codec's loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Mean squared error.
    pub mse: f64,
    /// Mean absolute error.
    pub l1: f64,
    /// Binary cross-entropy on logits.
    pub bce: f64,
    /// Focal binary cross-entropy on logits (Lin et al. 2017, arXiv 1708.02002).
    pub focal: f64,
    /// Commitment loss: squared distance of the latent to its codes.
    pub commitment: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { mse: 0.0, l1: 0.0, bce: 1.0, focal: 0.0, commitment: 0.25 }
    }
}

/// The codec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VqvaeConfig {
    /// Architecture of encoder and decoder.
    pub arch: Arch,
    /// Side of the squares of cells that space-to-depth turns into channels before the encoder: 1, 2, 4 or 8.
    pub patch: usize,
    /// Number of such squares, consecutive in time, in one patch of the encoder's input.
    pub columns: usize,
    /// Channels of the first (`resnet`) or of every (`patch`) residual block.
    pub hidden: usize,
    /// Kernel of the patch codec's residual blocks: 1 or 3.
    pub kernel: usize,
    /// Residual blocks on each side of the patch codec.
    pub blocks: usize,
    /// What the patch codec's norms normalise over.
    pub norm: Norm,
    /// Number of halvings of height and width in the resnet codec.
    pub downsamples: usize,
    /// Channels between the resnet codec's last block and its latent.
    pub internal: usize,
    /// Channels of the latent, and dimension of a code.
    pub latent: usize,
    /// Levels of the residual quantizer.
    pub levels: usize,
    /// Codes per level.
    pub codes: usize,
    /// Neighbourhood attention in the resnet codec.
    pub neighbourhood: bool,
    /// Latents have mean 0 and standard deviation 1 per channel, by running statistics of the training batches.
    pub standardise: bool,
    /// Noise on standardised latents, which the decoder is trained on in place of the codes. Its standard deviation is drawn for each
    /// window from 0 to this; at 0 the decoder is trained on the codes.
    pub latent_noise: f64,
    /// Initial value of the biases of the patch decoder's last convolution, the logits of a cell; by default they are drawn like
    /// other biases. Few cells are lit: -3 is a probability of 0.05.
    pub output_bias: Option<f64>,
    /// Rate of element-wise dropout in each block.
    pub dropout: f64,
    /// Rate of channel-wise dropout in each block.
    pub channel_dropout: f64,
    /// Strength of the noise injected by the resnet decoder in training.
    pub noise_injection: f64,
    /// Decay of the codebooks' moving averages.
    pub decay: f64,
    /// Laplace smoothing of the cluster sizes.
    pub epsilon: f64,
    /// A code is dead, and replaced by a latent vector of the batch, if its moving cluster size is below the smaller of
    /// this...
    pub dead_code_threshold: f64,
    /// ...and this fraction of the mean number of vectors per code.
    pub dead_code_fraction: f64,
    /// Iterations of k-means on the first batch, which initialises the codebooks.
    pub kmeans_iterations: usize,
    /// Gradient estimator of the quantizer, which a gradient passes only without noise on the latents.
    pub gradient: Gradient,
    /// The weight of each term of the loss.
    pub weights: Weights,
    /// Focal loss: weight alpha of lit cells; dark cells have 1 - alpha.
    pub focal_alpha: f64,
    /// Focal loss: focusing exponent gamma, which reduces the loss of well-classified cells.
    pub focal_gamma: f64,
}

impl Default for VqvaeConfig {
    fn default() -> Self {
        Self {
            arch: Arch::Patch,
            patch: 4,
            columns: 1,
            hidden: 64,
            kernel: 3,
            blocks: 2,
            norm: Norm::Window,
            downsamples: 3,
            internal: 128,
            latent: 8,
            levels: 2,
            codes: 256,
            neighbourhood: false,
            standardise: false,
            latent_noise: 0.0,
            output_bias: None,
            dropout: 0.0,
            channel_dropout: 0.0,
            noise_injection: 0.0,
            decay: 0.95,
            epsilon: 1e-5,
            dead_code_threshold: 2.0,
            dead_code_fraction: 0.1,
            kmeans_iterations: 15,
            gradient: Gradient::StraightThrough,
            weights: Weights::default(),
            focal_alpha: 0.9,
            focal_gamma: 2.0,
        }
    }
}

impl VqvaeConfig {
    /// Downsampling factors of the codec: pitches and steps per latent position.
    pub fn downsampling(&self) -> [usize; 2] {
        let halvings = match self.arch {
            Arch::Resnet => self.downsamples,
            Arch::Patch => 0,
        };
        [self.patch, self.patch * self.columns].map(|cells| cells << halvings)
    }

    /// Cells per patch of the encoder's input.
    pub fn cells(&self) -> usize {
        self.patch * self.patch * self.columns
    }

    /// Cluster size below which a code is dead, for a batch of `rows` latent positions.
    pub fn dead_below(&self, rows: usize) -> f64 {
        self.dead_code_threshold.min(self.dead_code_fraction * rows as f64 / self.codes as f64)
    }
}
