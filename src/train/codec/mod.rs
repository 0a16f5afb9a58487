//! Training the codec: windows of songs through encoder, quantizer and decoder.

pub mod noise;
mod objective;
pub mod validate;

use super::run::{Better, RunLog};
use super::step::{Gradient, Optimizer};
use super::training_loop::{Numbers, Task, Training, Validated, run};
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::{Vqvae, settings};
use crate::nn::quantizer::ResidualQuantizer;
use crate::nn::{HostTensor, Params, Pass, RunningStatistics};
use crate::ops::quantize::quantize_straight_through;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use noise::noisy;
use objective::{Losses, Objective};
use validate::{Validation, validate};

/// Stream of the k-means initialisation, far from those that number windows.
const CODEBOOK_STREAM: u64 = 1 << 40;

/// Trains a codec until `train.steps` and returns the last validation. It is a new one or, with `resumed`, that of the run's
/// checkpoint. If the user interrupts, training ends early with a checkpoint.
///
/// # Errors
/// The device, the run's folder, or a loss that is not finite.
pub fn train(task: &Task<'_>, resumed: Option<(Checkpoint, ResumeState)>) -> Result<Validation> {
    let mut training = CodecTraining::begin(task, resumed)?;
    run(task, &mut training)?;
    Ok(training.last)
}

/// A codec in training.
struct CodecTraining<'a> {
    task: &'a Task<'a>,
    vqvae: Vqvae,
    objective: Objective,
    optimizer: Optimizer,
    last: Validation,
}

impl Training for CodecTraining<'_> {
    const KIND: Kind = Kind::Codec;
    const BEST_BY: (&'static str, Better) = ("note_f1", Better::Higher);
    type Losses = Losses;

    fn step(&mut self, step: u64) -> Result<(Losses, Gradient)> {
        let Task { gpu, config, data, .. } = *self.task;
        let pictures = batch(gpu, config, data, step - 1);
        let Self { vqvae: Vqvae { params, codec, quantizer, statistics }, optimizer, .. } = self;
        let copied = || (quantizer.copied(), statistics.as_ref().map(RunningStatistics::copied));
        let before = optimizer.skips.are_allowed().then(copied);
        let tape = Tape::recording();
        let f16_weights = optimizer.scale.weights(params);
        let pass = Pass::training(&tape, params, config.train.seed.wrapping_add(step)).in_f16(f16_weights.as_ref());
        let latents = codec.encoder.forward(&pass, &Var::constant(pictures.clone()));
        let latents = statistics.as_ref().map_or(latents.clone(), |statistics| statistics.train_step(&tape, &latents));
        let coded = quantizer.train_step(&latents.value, &self.objective.quantizer, step);
        let decoded = if config.vqvae.latent_noise > 0.0 {
            noisy(&tape, config, &latents, step)
        } else {
            let estimator = settings::estimator(config.vqvae.gradient);
            quantize_straight_through(&tape, &latents, coded.quantized.sum, estimator)
        };
        let output = codec.decoder.forward(&pass, &decoded);
        let loss = self.objective.reconstruction(&output.value, &pictures);
        params.zero_grad();
        let seeds = [(output, loss.gradient), (latents, coded.commitment_gradient)];
        tape.backward(seeds.map(|(var, gradient)| (var, optimizer.scale.scaled(gradient))));
        // No EMA: validation and checkpoints use the weights that the codebooks follow.
        let gradient = optimizer.step(params, &config.train, step, 0.0)?;
        if let Some((codes, averages)) = before.filter(|_| gradient.skipped.is_some()) {
            quantizer.restore(&codes);
            statistics.iter().zip(&averages).for_each(|(statistics, averages)| statistics.restore(averages));
        }
        Ok((Losses { reconstruction: loss.values, commitment: coded.commitment }, gradient))
    }

    fn read(&self, losses: &Losses) -> Result<Numbers> {
        losses.read(&self.task.config.vqvae)
    }

    fn validate(&mut self, step: u64, log: &mut RunLog) -> Result<Validated> {
        let Task { gpu, config, data, .. } = *self.task;
        self.last = validate(gpu, &self.vqvae, &self.objective, config, data)?;
        log.picture(step, "reconstructions", &self.last.picture())?;
        if !self.last.code_counts.is_empty() {
            log.codes(step, &self.last.code_counts)?;
        }
        Ok(Validated { numbers: self.last.numbers(), summary: self.last.to_string() })
    }

    fn checkpoint(&self, step: u64) -> Result<(Checkpoint, ResumeState)> {
        let mut checkpoint = Checkpoint::new(Self::KIND, self.task.config.clone(), step);
        checkpoint.tensors = self.vqvae.export()?;
        checkpoint.set_data(self.task.data);
        let mut state = self.optimizer.save(&self.vqvae.params, step)?;
        for (name, tensor) in codebook_averages(&self.vqvae.quantizer) {
            state.tensors.insert(name.to_owned(), HostTensor::new(tensor.shape(), tensor.read_f32()?));
        }
        Ok((checkpoint, state))
    }

    fn params(&self) -> &Params {
        &self.vqvae.params
    }
}

impl<'a> CodecTraining<'a> {
    /// A new codec, its codebooks initialised by k-means on the first batch; or the resumed one.
    fn begin(task: &'a Task<'a>, resumed: Option<(Checkpoint, ResumeState)>) -> Result<Self> {
        let Task { gpu, config, data, .. } = *task;
        data.check_training()?;
        let (seed, channels) = (config.train.seed, data.layout().count());
        let optimizer = Optimizer::new(gpu, &config.train)?;
        gpu.check_binding("a step", config.train.batch * data.layout().size(config.data.steps))?;
        let vqvae = match &resumed {
            Some((checkpoint, _)) => Vqvae::open(gpu, &config.vqvae, channels, &checkpoint.tensors, &checkpoint.path)?,
            None => Vqvae::new(gpu, &config.vqvae, channels, seed)?,
        };
        let objective = Objective::new(&config.vqvae, !config.data.velocity, seed);
        let mut training = Self { task, vqvae, objective, optimizer, last: Validation::default() };
        match resumed {
            Some((_, mut state)) => training.restore(&mut state)?,
            None => initialise_codebooks(gpu, config, data, &training.vqvae)?,
        }
        Ok(training)
    }

    fn restore(&mut self, state: &mut ResumeState) -> Result<()> {
        for (name, tensor) in codebook_averages(&self.vqvae.quantizer) {
            tensor.write_f32(&state.take(name, tensor.shape())?.data);
        }
        self.optimizer.load(&self.vqvae.params, state)
    }
}

/// Initialises the codebooks by k-means on the latents of the first batch, which are standardised if the codec's are.
///
/// # Errors
/// A failure of the device.
pub fn initialise_codebooks(gpu: &Gpu, config: &Config, data: &Dataset, vqvae: &Vqvae) -> Result<()> {
    let pictures = batch(gpu, config, data, 0);
    vqvae.initialise_statistics(&pictures);
    let latents = vqvae.encode(&pictures);
    let mut rng = Philox::new(config.train.seed, CODEBOOK_STREAM);
    vqvae.quantizer.kmeans_init(&latents, config.vqvae.kmeans_iterations, &mut rng)
}

/// Batch number `index` of the run's seed, `[batch, pitches, steps, C]`.
fn batch(gpu: &Gpu, config: &Config, data: &Dataset, index: u64) -> Tensor {
    let (train, columns, channels) = (&config.train, config.data.steps, data.layout().count());
    let values = data.train_batch(train.seed, index, train.batch);
    let rows = values.len() / (train.batch * columns * channels);
    Tensor::from_f32(gpu, &[train.batch, rows, columns, channels], &values)
}

/// The moving averages from which the codes are computed, by their names in a [`ResumeState`].
fn codebook_averages(quantizer: &ResidualQuantizer) -> [(&'static str, &Tensor); 2] {
    [("cluster_size", &quantizer.cluster_size), ("embed_sum", &quantizer.embed_sum)]
}
