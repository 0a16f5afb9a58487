//! The whole codec: encoder, residual quantizer and decoder with their parameters.

use std::collections::BTreeMap;
use std::path::Path;

use super::Codec;
use crate::config::VqvaeConfig;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nn::quantizer::ResidualQuantizer;
use crate::nn::{HostTensor, Layout, Params, Part, Pass, RunningStatistics};
use crate::ops::quantize::{Quantized, residual_quantize};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Name of the codebooks `[levels, codes, latent]` in a checkpoint.
pub const CODEBOOKS: &str = "codebooks";
/// Names of the statistics by which latents are standardised, `[latent]` each.
pub const STATISTICS: [&str; 2] = ["latent_mean", "latent_deviation"];

/// A codec with its parameters: images of piano rolls `[N, H, W, C]` to latents `[N, h, w, D]` and back. With statistics, latents are
/// standardised: the quantizer and the decoder take standardised ones.
pub struct Vqvae {
    /// Parameters of encoder and decoder.
    pub params: Params,
    /// The two networks.
    pub codec: Codec,
    /// The codebooks between them.
    pub quantizer: ResidualQuantizer,
    /// The statistics by which latents are standardised, with `vqvae.standardise`.
    pub statistics: Option<RunningStatistics>,
}

impl Vqvae {
    /// A codec for images of `in_channels` channels, with weights drawn from `seed` and codebooks of zeros.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, config: &VqvaeConfig, in_channels: usize, seed: u64) -> Result<Self> {
        let (layout, codec) = Self::declare(config, in_channels);
        let params = Params::new(gpu, layout, seed)?;
        let quantizer = ResidualQuantizer::new(gpu, config.levels, config.codes, config.latent);
        let statistics = config.standardise.then(|| RunningStatistics::new(gpu, config.latent));
        Ok(Self { params, codec, quantizer, statistics })
    }

    /// The parameters of a codec's two networks.
    pub fn layout(config: &VqvaeConfig, in_channels: usize) -> Layout {
        Self::declare(config, in_channels).0
    }

    fn declare(config: &VqvaeConfig, in_channels: usize) -> (Layout, Codec) {
        let mut layout = Layout::new();
        let codec = Codec::new(layout.root(), config, in_channels);
        (layout, codec)
    }

    /// The codec with the weights, codebooks and statistics `tensors` of the file `path`. Nothing is allocated before these are checked.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape; the adapter's memory or limits.
    pub fn open(
        gpu: &Gpu,
        config: &VqvaeConfig,
        in_channels: usize,
        tensors: &BTreeMap<String, HostTensor>,
        path: &Path,
    ) -> Result<Self> {
        codebooks(tensors, &[config.levels, config.codes, config.latent], path)?;
        if config.standardise {
            statistics(tensors, config.latent, path)?;
        }
        Self::layout(config, in_channels).check(tensors, path)?;
        let vqvae = Self::new(gpu, config, in_channels, 0)?;
        vqvae.load(tensors, path)?;
        Ok(vqvae)
    }

    /// Images to latents, before quantization; standardised if the codec has statistics.
    pub fn encode(&self, images: &Tensor) -> Tensor {
        let latents = self.encode_raw(images);
        self.statistics.as_ref().map_or_else(|| latents.clone(), |statistics| statistics.standardise(&latents))
    }

    /// Makes the statistics of these latents those by which latents are standardised, if they are standardised, and returns the latents
    /// as [`encode`](Self::encode) would.
    pub fn initialise_statistics(&self, latents: &Tensor) -> Tensor {
        let Some(statistics) = &self.statistics else { return latents.clone() };
        statistics.initialise(latents);
        statistics.standardise(latents)
    }

    /// Images to latents, before quantization and standardisation.
    pub fn encode_raw(&self, images: &Tensor) -> Tensor {
        let tape = Tape::inference();
        self.codec.encoder.forward(&Pass::new(&tape, &self.params), &Var::constant(images.clone())).value
    }

    /// Latents to the sums of their nearest codes.
    pub fn quantize(&self, latents: &Tensor) -> Quantized {
        self.quantizer.quantize(latents)
    }

    /// Latents to the sums of their nearest codes in the first `levels` levels; 0 for all.
    pub fn quantize_coarsely(&self, latents: &Tensor, levels: usize) -> Tensor {
        let books = &self.quantizer.books;
        let [all, codes, channels] = [books.shape()[0], books.shape()[1], books.shape()[2]];
        let levels = if levels == 0 { all } else { levels.min(all) };
        residual_quantize(latents, &books.view(0, &[levels, codes, channels])).sum
    }

    /// Latents to a logit (for binary rolls) or a value per cell.
    pub fn decode(&self, latents: &Tensor) -> Tensor {
        let tape = Tape::inference();
        self.codec.decoder.forward(&Pass::new(&tape, &self.params), &Var::constant(latents.clone())).value
    }

    /// Weights, codebooks and statistics by name, in PyTorch's layouts.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn export(&self) -> Result<BTreeMap<String, HostTensor>> {
        let mut tensors = self.params.export(Part::Weights)?;
        let books = &self.quantizer.books;
        tensors.insert(CODEBOOKS.to_owned(), HostTensor::new(books.shape(), books.read_f32()?));
        for (name, tensor) in STATISTICS.into_iter().zip(self.statistics.iter().flat_map(|s| [&s.mean, &s.deviation])) {
            tensors.insert(name.to_owned(), HostTensor::new(tensor.shape(), tensor.read_f32()?));
        }
        Ok(tensors)
    }

    /// Overwrites weights, codebooks and statistics by `tensors` of the file `path`.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape.
    pub fn load(&self, tensors: &BTreeMap<String, HostTensor>, path: &Path) -> Result<()> {
        let books = &self.quantizer.books;
        let given = codebooks(tensors, books.shape(), path)?;
        self.params.load(Part::Weights, tensors, path)?;
        books.write_f32(&given.data);
        if let Some(own) = &self.statistics {
            let [mean, deviation] = statistics(tensors, own.mean.len(), path)?;
            own.mean.write_f32(&mean.data);
            own.deviation.write_f32(&deviation.data);
        }
        books.gpu().check()
    }
}

/// The codebooks among the `tensors` of the file `path`.
fn codebooks<'a>(tensors: &'a BTreeMap<String, HostTensor>, shape: &[usize], path: &Path) -> Result<&'a HostTensor> {
    tensors.get(CODEBOOKS).filter(|given| given.shape == shape).ok_or_else(|| {
        Error::file(path, format!("has no codebooks of the shape {shape:?} that its configuration requires"))
    })
}

/// Mean and deviation of the latents among the `tensors` of the file `path`.
fn statistics<'a>(
    tensors: &'a BTreeMap<String, HostTensor>,
    channels: usize,
    path: &Path,
) -> Result<[&'a HostTensor; 2]> {
    let usable = |tensor: &&HostTensor| tensor.shape == [channels];
    let [mean, deviation] = STATISTICS.map(|name| tensors.get(name).filter(usable));
    let deviation = deviation.filter(|deviation| deviation.data.iter().all(|&value| value > 0.0));
    mean.zip(deviation).map(|(mean, deviation)| [mean, deviation]).ok_or_else(|| {
        let [mean, deviation] = STATISTICS;
        let reason = format!(
            "has no usable `{mean}` and `{deviation}` of {channels} channels, which its configuration (vqvae.standardise) requires"
        );
        Error::file(path, reason)
    })
}
