//! Training the codec: windows of songs through encoder, quantizer and decoder.

pub mod noise;
mod objective;
pub mod validate;

use super::parts::{MicroBatch, Outbox, Summed};
use super::run::{Better, RunLog};
use super::step::{Gradient, Optimizer};
use super::training_loop::{Numbers, Task, Training, Validated, run};
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::{Vqvae, settings};
use crate::nn::quantizer::{CodebookSums, ResidualQuantizer};
use crate::nn::running::{Moments, standardised};
use crate::nn::{HostTensor, Params, Pass};
use crate::ops::quantize::{Among, quantize_straight_through};
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

/// What a part of a step gives besides its gradient.
struct Batch {
    losses: Losses,
    codes: CodebookSums,
    moments: Option<Moments>,
}

impl Summed for Batch {
    fn tensors(&self) -> Vec<&Tensor> {
        let Losses { reconstruction, commitment } = &self.losses;
        let CodebookSums { counts, sums, drawn } = &self.codes;
        let moments = self.moments.iter().flat_map(|Moments { mean, deviation }| [mean, deviation]);
        [reconstruction, commitment, counts, sums, drawn].into_iter().chain(moments).collect()
    }
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
    type Batch = Batch;

    fn part(&mut self, step: u64, part: MicroBatch, outbox: &mut Outbox<'_>) -> Result<Batch> {
        let Task { gpu, config, data, .. } = *self.task;
        let pictures = pictures(gpu, config, data, step - 1, part);
        let Self { vqvae: Vqvae { params, codec, quantizer, statistics }, objective, optimizer, .. } = self;
        let tape = Tape::recording();
        let f16_weights = optimizer.scale.weights(params);
        let pass = Pass::training(&tape, params, part.seed(config.train.seed, step)).in_f16(f16_weights.as_ref());
        let latents = codec.encoder.forward(&pass, &Var::constant(pictures.clone()));
        let moments = statistics.as_ref().map(|_| Moments::of(&latents.value));
        let latents = if moments.is_some() { standardised(&tape, &latents) } else { latents };
        let coded = quantizer.quantize_with_loss(&latents.value, &objective.quantizer);
        let codes = quantizer.sums(&coded, among(&latents.value, part), &objective.quantizer, step);
        let decoded = if config.vqvae.latent_noise > 0.0 {
            noisy(&tape, config, &latents, step, part)
        } else {
            let estimator = settings::estimator(config.vqvae.gradient);
            quantize_straight_through(&tape, &latents, coded.quantized.sum, estimator)
        };
        let output = codec.decoder.forward(&pass, &decoded);
        let loss = objective.reconstruction(&output.value, &pictures);
        let seeds = [(output, loss.gradient), (latents, coded.commitment_gradient)];
        let seeds = seeds.map(|(var, gradient)| (var, optimizer.scale.scaled(part.share(gradient))));
        tape.backward_with(seeds, |from| outbox.is_final(from));
        let losses = Losses { reconstruction: loss.values, commitment: coded.commitment };
        Ok(Batch { losses, codes, moments })
    }

    fn follow(&mut self, step: u64, batch: &Batch) -> Result<Gradient> {
        let train = &self.task.config.train;
        let Vqvae { params, quantizer, statistics, .. } = &self.vqvae;
        // No EMA: validation and checkpoints use the weights that the codebooks follow.
        let gradient = self.optimizer.step(params, train, step, 0.0)?;
        if gradient.skipped.is_none() {
            let vectors = train.batch * self.task.config.latent_shape()[..2].iter().product::<usize>();
            quantizer.follow(&batch.codes, vectors, &self.objective.quantizer);
            if let Some((statistics, moments)) = statistics.as_ref().zip(batch.moments.as_ref()) {
                statistics.move_towards(moments, train.micro_batches);
            }
        }
        Ok(gradient)
    }

    fn read(&self, batch: &Batch) -> Result<Numbers> {
        let config = self.task.config;
        batch.losses.read(&config.vqvae, config.train.micro_batches)
    }

    fn validate(&mut self, step: u64, log: Option<&mut RunLog>) -> Result<Option<Validated>> {
        self.last = validate(self.task, &self.vqvae, &self.objective)?;
        let Some(log) = log else { return Ok(None) };
        log.picture(step, "reconstructions", &self.last.picture())?;
        if !self.last.code_counts.is_empty() {
            log.codes(step, &self.last.code_counts)?;
        }
        Ok(Some(Validated { numbers: self.last.numbers(), summary: self.last.to_string() }))
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

    fn optimizer(&mut self) -> &mut Optimizer {
        &mut self.optimizer
    }
}

impl<'a> CodecTraining<'a> {
    /// A new codec, its codebooks initialised by k-means on the first batch; or the resumed one.
    fn begin(task: &'a Task<'a>, resumed: Option<(Checkpoint, ResumeState)>) -> Result<Self> {
        let Task { gpu, config, data, .. } = *task;
        data.check_training()?;
        let (seed, channels) = (config.train.seed, data.layout().count());
        let optimizer = Optimizer::new(gpu, &config.train)?;
        gpu.check_binding("a step", MicroBatch::new(&config.train, 0).size * data.layout().size(config.data.steps))?;
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

/// Initialises the codebooks by k-means on the latents of the first batch, which are standardised if the codec's are. Every rank encodes
/// all parts, so that the result is the same on each.
///
/// # Errors
/// A failure of the device.
pub fn initialise_codebooks(gpu: &Gpu, config: &Config, data: &Dataset, vqvae: &Vqvae) -> Result<()> {
    let encoded = MicroBatch::all(&config.train).map(|part| vqvae.encode_raw(&pictures(gpu, config, data, 0, part)));
    let latents = vqvae.initialise_statistics(&joined(encoded.collect()));
    let mut rng = Philox::new(config.train.seed, CODEBOOK_STREAM);
    vqvae.quantizer.kmeans_init(&latents, config.vqvae.kmeans_iterations, &mut rng)
}

/// A part of batch number `index` of the run's seed, `[windows, pitches, steps, C]`.
fn pictures(gpu: &Gpu, config: &Config, data: &Dataset, index: u64, part: MicroBatch) -> Tensor {
    let (steps, channels, windows) = (config.data.steps, data.layout().count(), part.size);
    let number = index * part.parts as u64 + part.index as u64;
    let values = data.train_batch(config.train.seed, number, windows);
    let rows = values.len() / (windows * steps * channels);
    Tensor::from_f32(gpu, &[windows, rows, steps, channels], &values)
}

/// Where the vectors of a part's `latents` are among those of the batch.
fn among(latents: &Tensor, part: MicroBatch) -> Among {
    Among { first: part.index * latents.rows(), all: part.parts * latents.rows() }
}

/// Tensors `[N, ..]` of equal shapes as one.
fn joined(tensors: Vec<Tensor>) -> Tensor {
    let [first, ..] = &tensors[..] else { unreachable!("a batch has a part") };
    if tensors.len() == 1 {
        return first.clone();
    }
    let mut shape = first.shape().to_vec();
    shape[0] *= tensors.len();
    let all = Tensor::empty_like(first, &shape);
    for (place, tensor) in tensors.iter().enumerate() {
        all.view(place * tensor.len(), tensor.shape()).copy_from(tensor);
    }
    all
}

/// The moving averages from which the codes are computed, by their names in a [`ResumeState`].
fn codebook_averages(quantizer: &ResidualQuantizer) -> [(&'static str, &Tensor); 2] {
    [("cluster_size", &quantizer.cluster_size), ("embed_sum", &quantizer.embed_sum)]
}
