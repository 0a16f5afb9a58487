//! Sampling: noise to a latent by the solver, to a roll by the codec.

use std::path::Path;

use super::asked::Asked;
use super::conditions::ConditionTable;
use super::correction::correct;
use super::shared_noise::{Mixing, of_chords};
use super::solver::{Guidance, solve};
use crate::checkpoint::{Checkpoint, Kind, Statistics};
use crate::condition::{Row, Shown};
use crate::config::{Config, Sampling};
use crate::data::music::roll::Roll;
use crate::data::picture::cells::Orphans;
use crate::data::picture::tensor::Layout;
use crate::dynamics::Dynamics;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::models::{Conditioning, VelocityField, Vqvae};
use crate::ops::noise::philox_normal;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// Key of the drawn classes, combined with the seed, so that they are independent of the noise.
const CLASS_KEY: u64 = 0x636c_6173;

/// A trained flow with its codec.
pub struct Generator {
    /// Their configuration.
    pub config: Config,
    /// The codec.
    pub vqvae: Vqvae,
    /// The velocity field over standardised latents.
    pub field: VelocityField,
    /// Mean and deviation of the latents per channel.
    pub statistics: Statistics,
    /// The conditions that the flow was trained with, if it has some.
    pub conditions: Option<ConditionTable>,
    /// What gives notes their velocities, if the flow has it.
    pub dynamics: Option<Dynamics>,
}

/// Which samples to generate.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Seed of the noise.
    pub seed: u64,
    /// Number of the first sample.
    pub first: u64,
    /// Number of samples.
    pub count: usize,
    /// Samples computed at a time. It changes time and memory, not the samples.
    pub batch: usize,
    /// Class of all samples. Without it, if the flow has classes, the class of each sample is drawn from seed and number.
    pub class: Option<usize>,
    /// What is asked of a flow with conditions.
    pub asked: Asked,
}

impl Generator {
    /// Reads a flow's checkpoint, which carries its codec.
    ///
    /// # Errors
    /// A file that is missing or damaged, or a checkpoint of another kind.
    pub fn load(gpu: &Gpu, path: &Path) -> Result<Self> {
        Self::of(gpu, Checkpoint::load(path, Kind::Flow)?)
    }

    /// The generator of a flow's checkpoint.
    ///
    /// # Errors
    /// Tensors that do not fit the configuration, or a failure of the device.
    pub fn of(gpu: &Gpu, checkpoint: Checkpoint) -> Result<Self> {
        let (codec, Checkpoint { config, tensors, path, .. }) = (checkpoint.codec(), &checkpoint);
        let vqvae = Vqvae::open(gpu, &config.vqvae, Layout::of(&config.data).count(), &codec.tensors, path)?;
        let mut field = VelocityField::open(gpu, &config.flow, config.latent_shape(), tensors, path)?;
        field.params.use_ema(true);
        let statistics = checkpoint.statistics()?;
        let conditions = ConditionTable::load(&checkpoint)?;
        let dynamics = Dynamics::load(gpu, &checkpoint)?;
        Ok(Self { config: checkpoint.config, vqvae, field, statistics, conditions, dynamics })
    }

    /// Generates the samples of `request` by the method of `sampling`.
    ///
    /// # Errors
    /// A class that the flow does not have; a failure of the device.
    pub fn generate(&self, gpu: &Gpu, request: &Request, sampling: &Sampling) -> Result<Vec<Roll>> {
        self.generate_with(gpu, request, sampling, &mut |_| Ok(()))
    }

    /// As [`generate`](Self::generate), and calls `after_step` with the samples so far after each step of the solver, of which
    /// there are `sampling.steps` for each batch. They may still be in computation.
    ///
    /// # Errors
    /// As [`generate`](Self::generate), and those of `after_step`.
    pub fn generate_with(
        &self,
        gpu: &Gpu,
        request: &Request,
        sampling: &Sampling,
        after_step: &mut dyn FnMut(&Tensor) -> Result<()>,
    ) -> Result<Vec<Roll>> {
        self.check_class(request.class)?;
        let layout = Layout::of(&self.config.data);
        let last = request.first + request.count as u64;
        let orphans = if sampling.open_orphans { Orphans::Open } else { Orphans::Drop };
        let mut rolls = Vec::new();
        for first in (request.first..last).step_by(request.batch) {
            let count = request.batch.min((last - first) as usize);
            let rows = self.rows(request, first, count);
            let latents = self.latents(gpu, request, (first, count), rows.as_deref(), sampling, after_step)?;
            let mut output = self.decode(&latents, sampling).read_f32()?;
            let size = layout.size(self.config.data.steps);
            if let (Some(rows), Some(table)) = (&rows, &self.conditions) {
                for (logits, row) in output.chunks_mut(size).zip(rows) {
                    correct(logits, layout.count(), row, &request.asked, sampling, &table.patches);
                }
            }
            let roll = |cells: &[f32]| layout.read(cells, orphans).marked(true);
            let in_c = layout.activate(output).chunks(size).map(roll).collect::<Vec<_>>();
            match rows {
                Some(rows) => {
                    rolls.extend(in_c.into_iter().zip(rows).map(|(roll, row)| roll.shifted(-i32::from(row.shift))))
                }
                None => rolls.extend(in_c),
            }
        }
        Ok(rolls)
    }

    /// The conditions of `count` samples from `first` on; `None` if the flow has none.
    pub fn rows(&self, request: &Request, first: u64, count: usize) -> Option<Vec<Row>> {
        let row = |table, number| request.asked.row(table, request.seed, number);
        self.conditions.as_ref().map(|table| (first..first + count as u64).map(|number| row(table, number)).collect())
    }

    /// Standardised latents `[count, h, w, D]` of `count` samples from `first` on.
    fn latents(
        &self,
        gpu: &Gpu,
        request: &Request,
        (first, count): (u64, usize),
        rows: Option<&[Row]>,
        sampling: &Sampling,
        after_step: &mut dyn FnMut(&Tensor) -> Result<()>,
    ) -> Result<Tensor> {
        let [height, width, channels] = self.config.latent_shape();
        let mut noise = philox_normal(gpu, request.seed, first, &[count, height, width, channels]);
        if let Some(rows) = rows {
            noise = self.shared(noise, rows, request, sampling)?;
        }
        let conditioning = match (rows, &self.conditions) {
            (Some(rows), Some(table)) => {
                let shown: Vec<(&Row, Shown)> = rows.iter().map(|row| (row, Shown::ALL)).collect();
                Some(Conditioning::Conditions(table.upload(gpu, &shown)))
            }
            _ => self.classes(request, first, count).map(|classes| {
                let classes: Vec<Option<usize>> = classes.into_iter().map(Some).collect();
                self.field.network.classes(gpu, &classes)
            }),
        };
        let guidance = conditioning.map(|conditioning| Guidance { conditioning, scale: sampling.guidance as f32 });
        solve(&self.field, noise, sampling.method, sampling.steps, guidance.as_ref(), after_step)
    }

    /// The noise with the share that bars have in common: by the form asked for, else by their chords.
    fn shared(&self, noise: Tensor, rows: &[Row], request: &Request, sampling: &Sampling) -> Result<Tensor> {
        if request.asked.form.is_none() && sampling.repeat == 0.0 {
            return Ok(noise);
        }
        let [_, bars, channels] = self.config.latent_shape();
        let mut values = noise.read_f32()?;
        let size = values.len() / rows.len();
        for (values, row) in values.chunks_mut(size).zip(rows) {
            let covariance = match &request.asked.form {
                Some(form) => form.covariance(bars),
                None => of_chords(&row.chords, row.chords.len() / bars, sampling.repeat),
            };
            Mixing::of(&covariance.map_err(Error::config)?).apply(values, channels);
        }
        Ok(Tensor::from_f32(noise.gpu(), noise.shape(), &values))
    }

    /// The classes of the samples from `first` on; `None` if the flow has no classes.
    fn classes(&self, request: &Request, first: u64, count: usize) -> Option<Vec<usize>> {
        let all = self.config.flow.n_classes;
        let drawn = |sample| Philox::new(request.seed ^ CLASS_KEY, sample).below(all);
        (all > 0).then(|| (first..first + count as u64).map(|i| request.class.unwrap_or_else(|| drawn(i))).collect())
    }

    /// Standardised latents to a logit or value per cell and channel.
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
    /// One sentence that names the flow's classes.
    pub fn check_class(&self, class: Option<usize>) -> Result<()> {
        let classes = self.config.flow.n_classes;
        match class {
            Some(_) if classes == 0 => Err(Error::config("this flow was trained without classes; omit --class")),
            Some(class) if class >= classes => {
                Err(Error::config(format!("this flow has the classes 0 to {}, not {class}", classes - 1)))
            }
            _ => Ok(()),
        }
    }
}
