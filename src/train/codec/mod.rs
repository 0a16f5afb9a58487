//! Training the codec.

pub mod validate;

use std::ops::ControlFlow;

use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::nn::quantizer::QuantizerSettings;
use crate::nn::{HostTensor, Pass};
use crate::ops::loss::{Weights, reconstruction_loss};
use crate::ops::quantize::quantize_straight_through;
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::run::{Better, Progress, RunDir, VALIDATION, Verbosity, interrupt};
use crate::train::step::{
    Gradient, LossScale, Skips, check_finite, check_finite_tensors, due, load_arena, save_arena, update,
};
use validate::{Validation, validate};

/// Streams of the run's seed: one per kind of draw, far from those that number windows and samples.
const CODEBOOK_STREAM: u64 = 1 << 40;

/// A codec in training.
struct Training<'a> {
    config: &'a Config,
    vqvae: Vqvae,
    quantizer: QuantizerSettings,
    weights: Weights,
    scale: LossScale,
    skips: Skips,
}

/// Trains a codec in `run` until `train.steps`, from its beginning or from what `resumed` holds, and returns the last
/// validation. Ends early, with a checkpoint, when the user interrupts.
///
/// # Errors
/// The device, the run's folder, or a loss that is not finite.
pub fn train(
    gpu: &Gpu,
    config: &Config,
    data: &Dataset,
    run: &RunDir,
    resumed: Option<(Checkpoint, ResumeState)>,
    verbosity: Verbosity,
) -> Result<Validation> {
    let steps = config.train.steps;
    let new = resumed.is_none();
    let (mut training, start) = Training::begin(gpu, config, data, resumed)?;
    let mut log = run.start(config, start)?;
    let mut progress = Progress::new("codec", start, steps, verbosity).of_training(gpu, config.train.batch);
    let mut last = Validation::default();
    if new {
        training.save(data, run, start)?;
    }
    let mut take = |step: u64| -> Result<ControlFlow<()>> {
        let validates = step > 0 && due(step, config.train.validate_every, steps);
        if step > start {
            let losses = training.step(gpu, data, step)?;
            let interrupted = interrupt::requested();
            let saves = interrupted || validates || due(step, config.train.checkpoint_every, steps);
            if losses.skipped {
                log.write(step, "skipped", &training.skips.numbers())?;
                progress.println(&format!("step {step} was left out: its gradient is not finite"));
            } else if saves || due(step, config.train.log_every, steps) {
                let numbers = losses.read(config)?;
                check_finite(&numbers, &training.vqvae.params, step, run)?;
                log.write(step, "train", &numbers)?;
                progress.update(step, &numbers);
            } else {
                progress.update::<&str>(step, &[]);
            }
            if saves {
                training.save(data, run, step)?;
            }
            if interrupted {
                progress.println(&format!("interrupted: continue with --resume --output {}", run.path().display()));
                return Ok(ControlFlow::Break(()));
            }
        }
        // A resumed run makes up for the validation that it was stopped in.
        if validates && !log.is_validated(step) {
            last = validate(gpu, &training.vqvae, config, data)?;
            let numbers = last.numbers();
            log.picture(step, "reconstructions", &last.picture())?;
            log.codes(step, &last.code_counts)?;
            log.curves(step, &numbers)?;
            if log.is_best("note_f1", last.scores.note.f1(), Better::Higher) {
                run.keep_best()?;
            }
            log.write(step, VALIDATION, &numbers)?;
            progress.println(&format!("step {step}: {last}"));
        }
        Ok(ControlFlow::Continue(()))
    };
    for step in start..=steps {
        if take(step).map_err(|error| run.stopped(step, error))?.is_break() {
            break;
        }
    }
    progress.finish();
    Ok(last)
}

/// A step's losses, still on the device.
struct Losses {
    terms: Tensor,
    commitment: Tensor,
    gradient: Gradient,
    /// The step had no effect.
    skipped: bool,
}

impl Losses {
    /// The weighted sum, each term by itself, the commitment of all levels, and the gradient's norm.
    fn read(&self, config: &Config) -> Result<Vec<(String, f64)>> {
        let weights = &config.vqvae.weights;
        let terms = self.terms.read_f32()?;
        let named = [("mse", weights.mse), ("l1", weights.l1), ("bce", weights.bce), ("focal", weights.focal)];
        let commitment: f64 = self.commitment.read_f32()?.iter().map(|&x| f64::from(x)).sum();
        let used = named.iter().zip(&terms).filter(|((_, weight), _)| *weight != 0.0);
        let total: f64 = used.clone().map(|((_, weight), &term)| weight * f64::from(term)).sum();
        let mut numbers = vec![("loss".to_owned(), total + commitment)];
        numbers.extend(used.map(|((name, _), &term)| ((*name).to_owned(), f64::from(term))));
        numbers.push(("commitment".to_owned(), commitment));
        numbers.extend(self.gradient.read()?);
        Ok(numbers)
    }
}

impl<'a> Training<'a> {
    /// A new codec whose codebooks start by k-means on a first batch, or the resumed one; and the steps already taken.
    fn begin(
        gpu: &Gpu,
        config: &'a Config,
        data: &Dataset,
        resumed: Option<(Checkpoint, ResumeState)>,
    ) -> Result<(Self, u64)> {
        let seed = config.train.seed;
        let scale = LossScale::new(gpu, config.train.precision)?;
        gpu.check_binding("a step", config.train.batch * data.layout().size(config.data.steps))?;
        let channels = data.layout().count();
        let vqvae = match &resumed {
            Some((checkpoint, _)) => Vqvae::open(gpu, &config.vqvae, channels, &checkpoint.tensors, &checkpoint.path)?,
            None => Vqvae::new(gpu, &config.vqvae, channels, seed)?,
        };
        let weights = &config.vqvae.weights;
        let weights = Weights {
            mse: weights.mse as f32,
            l1: weights.l1 as f32,
            bce: weights.bce as f32,
            focal: weights.focal as f32,
            alpha: config.vqvae.focal_alpha as f32,
            gamma: config.vqvae.focal_gamma as f32,
            logits: !config.data.velocity,
        };
        let quantizer = QuantizerSettings::new(&config.vqvae, seed);
        let skips = Skips::new(config.train.skip_bad_steps);
        let mut training = Self { config, vqvae, quantizer, weights, scale, skips };
        let start = match resumed {
            Some((checkpoint, mut state)) => {
                training.restore(&mut state)?;
                checkpoint.step
            }
            None => {
                let latents = training.vqvae.encode(&training.batch(gpu, data, 0));
                let mut rng = Philox::new(seed, CODEBOOK_STREAM);
                training.vqvae.quantizer.kmeans_init(&latents, config.vqvae.kmeans_iterations, &mut rng)?;
                0
            }
        };
        Ok((training, start))
    }

    /// The pictures of a step, `[batch, 128, steps, C]`.
    fn batch(&self, gpu: &Gpu, data: &Dataset, step: u64) -> Tensor {
        let (train, columns) = (&self.config.train, self.config.data.steps);
        let values = data.train_batch(train.seed, step, train.batch);
        let channels = data.layout().count();
        Tensor::from_f32(
            gpu,
            &[train.batch, values.len() / (train.batch * columns * channels), columns, channels],
            &values,
        )
    }

    /// Forward, losses, backward, optimizer.
    fn step(&mut self, gpu: &Gpu, data: &Dataset, step: u64) -> Result<Losses> {
        let pictures = self.batch(gpu, data, step - 1);
        let Self { config, vqvae: Vqvae { params, codec, quantizer }, scale, skips, .. } = self;
        let before = skips.are_allowed().then(|| quantizer.copied());
        let tape = Tape::recording();
        let halves = scale.weights(params);
        let pass = Pass::training(&tape, params, config.train.seed.wrapping_add(step)).in_f16(halves.as_ref());
        let latents = codec.encoder.forward(&pass, &Var::constant(pictures.clone()));
        let coded = quantizer.train_step(&latents.value, &self.quantizer, step);
        let codes = quantize_straight_through(&tape, &latents, coded.quantized.sum, config.vqvae.gradient);
        let output = codec.decoder.forward(&pass, &codes);
        let loss = reconstruction_loss(&output.value, &pictures, &self.weights);
        params.zero_grad();
        let seeds = [(output, loss.gradient), (latents, coded.commitment_gradient)];
        tape.backward(seeds.map(|(var, gradient)| (var, scale.scaled(gradient))));
        // Validation and files hold the weights themselves, which the codebooks follow, and not their average.
        let gradient = update(params, &config.train, step, 0.0, scale);
        gpu.flush()?;
        let skipped = skips.include(step, &gradient, params)?;
        if let Some(before) = before.filter(|_| skipped) {
            quantizer.restore(&before);
        }
        Ok(Losses { terms: loss.values, commitment: coded.commitment, gradient, skipped })
    }

    /// Saves the checkpoint and what resuming needs.
    fn save(&self, data: &Dataset, run: &RunDir, step: u64) -> Result<()> {
        let (checkpoint, state) = self.checkpoint(data, step)?;
        check_finite_tensors(&checkpoint, run)?;
        run.save(&checkpoint, &state)
    }

    /// The checkpoint and what resuming needs beside it.
    fn checkpoint(&self, data: &Dataset, step: u64) -> Result<(Checkpoint, ResumeState)> {
        let mut checkpoint = Checkpoint::new(Kind::Codec, self.config.clone(), step);
        checkpoint.tensors = self.vqvae.export()?;
        checkpoint.set_data(data);
        let mut state = save_arena(&self.vqvae.params, step)?;
        self.scale.save(&mut state)?;
        self.skips.save(&mut state);
        let quantizer = &self.vqvae.quantizer;
        for (name, tensor) in [("cluster_size", &quantizer.cluster_size), ("embed_sum", &quantizer.embed_sum)] {
            state.tensors.insert(name.to_owned(), HostTensor::new(tensor.shape(), tensor.read_f32()?));
        }
        Ok((checkpoint, state))
    }

    fn restore(&mut self, state: &mut ResumeState) -> Result<()> {
        let quantizer = &self.vqvae.quantizer;
        for (name, tensor) in [("cluster_size", &quantizer.cluster_size), ("embed_sum", &quantizer.embed_sum)] {
            tensor.write_f32(&state.take(name, tensor.shape())?.data);
        }
        self.scale.load(state)?;
        self.skips.load(state);
        load_arena(&self.vqvae.params, state)
    }
}
