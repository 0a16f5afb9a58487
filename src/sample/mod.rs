//! From noise to music: a flow's checkpoint, the solver, and what becomes of a latent.
//!
//! Noise is a function of the seed and the sample's number, and every kernel treats samples one by one, so that sample i of
//! a seed is the same music whatever the batch.

pub mod bundled;
pub mod gallery;
pub mod solver;

use std::path::Path;

use crate::checkpoint::{Checkpoint, Kind, Statistics};
use crate::config::{Config, Sampling};
use crate::data::music::roll::Roll;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::{VelocityField, Vqvae};
use crate::ops::noise::philox_normal;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// Classes are drawn with a key of their own, so that they have nothing to do with the noise.
const CLASS_KEY: u64 = 0x636c_6173;

/// A trained flow with its codec.
pub struct Generator {
    /// The configuration that both were trained with.
    pub config: Config,
    /// The codec.
    pub vqvae: Vqvae,
    /// The velocity field over standardised latents.
    pub field: VelocityField,
    /// Mean and deviation of the latents.
    pub statistics: Statistics,
}

/// Which samples are made.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Seed of the noise.
    pub seed: u64,
    /// Number of the first sample.
    pub first: u64,
    /// How many.
    pub count: usize,
    /// Samples computed together; changes time and memory, not the samples.
    pub batch: usize,
    /// Class of all samples. Where it is left out and the flow has classes, each sample has one drawn for its number.
    pub class: Option<usize>,
}

impl Generator {
    /// Reads a flow's checkpoint, which carries its codec.
    ///
    /// # Errors
    /// A file that is missing, damaged, or no flow's.
    pub fn load(gpu: &Gpu, path: &Path) -> Result<Self> {
        Self::of(gpu, Checkpoint::load(path, Kind::Flow)?)
    }

    /// The generator that a flow's checkpoint describes.
    ///
    /// # Errors
    /// Tensors that do not fit the configuration, or a failure of the device.
    pub fn of(gpu: &Gpu, checkpoint: Checkpoint) -> Result<Self> {
        let (codec, Checkpoint { config, tensors, path, .. }) = (checkpoint.codec(), &checkpoint);
        let vqvae = Vqvae::open(gpu, &config.vqvae, Layout::of(&config.data).count(), &codec.tensors, path)?;
        let mut field = VelocityField::open(gpu, &config.flow, config.vqvae.latent, tensors, path)?;
        field.params.use_ema(true);
        let statistics = checkpoint.statistics()?;
        Ok(Self { config: checkpoint.config, vqvae, field, statistics })
    }

    /// Makes the samples of `request`, the way `sampling` says.
    ///
    /// # Errors
    /// A class that the flow does not have, or a failure of the device.
    pub fn generate(&self, gpu: &Gpu, request: &Request, sampling: &Sampling) -> Result<Vec<Roll>> {
        self.check_class(request.class)?;
        let layout = Layout::of(&self.config.data);
        let last = request.first + request.count as u64;
        let orphans = if sampling.open_orphans { Orphans::Open } else { Orphans::Drop };
        let mut rolls = Vec::new();
        for first in (request.first..last).step_by(request.batch) {
            let count = request.batch.min((last - first) as usize);
            let latents = self.latents(gpu, request, first, count, sampling);
            let output = self.decode(&latents, sampling).read_f32()?;
            let size = layout.size(self.config.data.steps);
            rolls.extend(layout.activate(output).chunks(size).map(|cells| layout.read(cells, orphans)));
        }
        Ok(rolls)
    }

    /// Standardised latents `[count, h, w, D]` of the samples from `first` on.
    fn latents(&self, gpu: &Gpu, request: &Request, first: u64, count: usize, sampling: &Sampling) -> Tensor {
        let [height, width, channels] = self.config.latent_shape();
        let noise = philox_normal(gpu, request.seed, first, &[count, height, width, channels]);
        let classes = self.classes(request, first, count);
        let guidance = classes.map(|classes| solver::Guidance { classes, scale: sampling.guidance as f32 });
        solver::solve(&self.field, noise, sampling.method, sampling.steps, guidance.as_ref())
    }

    /// The classes of the samples from `first` on, where the flow has classes.
    fn classes(&self, request: &Request, first: u64, count: usize) -> Option<Vec<usize>> {
        let all = self.config.flow.n_classes;
        let drawn = |sample| Philox::new(request.seed ^ CLASS_KEY, sample).below(all);
        (all > 0).then(|| (first..first + count as u64).map(|i| request.class.unwrap_or_else(|| drawn(i))).collect())
    }

    /// Standardised latents to a logit or value per cell.
    fn decode(&self, latents: &Tensor, sampling: &Sampling) -> Tensor {
        let latents = self.statistics.unstandardise(latents);
        if sampling.quantize {
            return self.vqvae.decode(&self.vqvae.quantize_coarsely(&latents, sampling.levels));
        }
        self.vqvae.decode(&latents)
    }

    /// Refuses a class that the flow does not have.
    ///
    /// # Errors
    /// One sentence that says which classes there are.
    pub fn check_class(&self, class: Option<usize>) -> Result<()> {
        let classes = self.config.flow.n_classes;
        match class {
            Some(_) if classes == 0 => Err(Error::config("this flow was trained without classes; leave --class out")),
            Some(class) if class >= classes => {
                Err(Error::config(format!("this flow has the classes 0 to {}, not {class}", classes - 1)))
            }
            _ => Ok(()),
        }
    }
}
