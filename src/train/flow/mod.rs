//! Training the flow on the latents of a frozen codec.

mod classes;
mod latents;
mod pairing;

use std::ops::ControlFlow;
use std::path::Path;

use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::{Config, Pairing, TimeDistribution};
use crate::data::dataset::Dataset;
use crate::data::picture::Picture;
use crate::data::picture::sheet::contact_sheet;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::models::velocity::TIME_SCALE;
use crate::models::{VelocityField, Vqvae};
use crate::nn::{Part, Pass};
use crate::ops::flow::{flow_mix, pair_nearest};
use crate::ops::loss;
use crate::ops::noise::philox_normal;
use crate::rng::Philox;
use crate::sample::{Generator, Request};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use crate::train::run::{Better, Progress, RunDir, VALIDATION, Verbosity, interrupt};
use crate::train::step::{
    Gradient, LossScale, Skips, check_finite, check_finite_tensors, due, load_arena, save_arena, update,
};
use latents::Latents;
use pairing::assign;

/// Training noise has a key of its own, so that no sample of a seed is noise that was trained on.
const NOISE_KEY: u64 = 0x666c_6f77;
/// Samples in the picture beside a validation.
const SHOWN: usize = 8;

/// What a flow is trained on, and where.
pub struct Task<'a> {
    /// The device.
    pub gpu: &'a Gpu,
    /// The configuration; its codec's part is that of the codec.
    pub config: &'a Config,
    /// The songs.
    pub data: &'a Dataset,
    /// The frozen codec.
    pub codec: &'a Checkpoint,
    /// Folder of encoded data sets.
    pub cache: &'a Path,
    /// The run's folder.
    pub run: &'a RunDir,
    /// How much to say.
    pub verbosity: Verbosity,
}

/// A configuration whose codec and whose pictures are those of `codec`.
pub fn with_codec(config: &Config, codec: &Checkpoint) -> Config {
    let mut config = config.clone();
    config.vqvae = codec.config.vqvae.clone();
    config.data.channels = codec.config.data.channels;
    config.data.velocity = codec.config.data.velocity;
    config.data.steps = codec.config.data.steps;
    config
}

/// Trains a flow until `train.steps`, from its beginning or from what `resumed` holds, and returns the last validation loss.
/// Ends early, with a checkpoint, when the user interrupts.
///
/// # Errors
/// The device, the run's folder, a loss that is not finite, or an interruption before the first step.
pub fn train(task: &Task<'_>, resumed: Option<(Checkpoint, ResumeState)>) -> Result<f64> {
    let Task { gpu, config, run, verbosity, .. } = *task;
    let steps = config.train.steps;
    let new = resumed.is_none();
    let (mut training, start) = Training::begin(task, resumed)?;
    let mut log = run.start(config, start)?;
    let mut progress = Progress::new("flow", start, steps, verbosity).of_training(gpu, config.train.batch);
    let mut last = f64::NAN;
    if new {
        training.save(task, start)?;
    }
    let mut take = |step: u64| -> Result<ControlFlow<()>> {
        let validates = step > 0 && due(step, config.train.validate_every, steps);
        if step > start {
            let losses = training.step(gpu, step)?;
            let interrupted = interrupt::requested();
            let saves = interrupted || validates || due(step, config.train.checkpoint_every, steps);
            if losses.skipped {
                log.write(step, "skipped", &training.skips.numbers())?;
                progress.println(&format!("step {step} was left out: its gradient is not finite"));
            } else if saves || due(step, config.train.log_every, steps) {
                let numbers = losses.read()?;
                check_finite(&numbers, &training.generator.field.params, step, run)?;
                log.write(step, "train", &numbers)?;
                progress.update(step, &numbers);
            } else {
                progress.update::<&str>(step, &[]);
            }
            if saves {
                training.save(task, step)?;
            }
            if interrupted {
                progress.println(&format!("interrupted: continue with --resume --output {}", run.path().display()));
                return Ok(ControlFlow::Break(()));
            }
        }
        // A resumed run makes up for the validation that it was stopped in.
        if validates && !log.is_validated(step) {
            last = training.validate(gpu)?;
            let numbers = [("loss", last)];
            log.picture(step, "samples", &training.sheet(gpu)?)?;
            log.curves(step, &numbers)?;
            if log.is_best("loss", last, Better::Lower) {
                run.keep_best()?;
            }
            log.write(step, VALIDATION, &numbers)?;
            progress.println(&format!("step {step}: validation loss {last:.4}"));
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

/// A step's loss and gradient norm, still on the device.
struct Losses {
    loss: Tensor,
    gradient: Gradient,
    /// The step had no effect.
    skipped: bool,
}

impl Losses {
    fn read(&self) -> Result<Vec<(String, f64)>> {
        let mut numbers = vec![("loss".to_owned(), f64::from(self.loss.read_f32()?[0]))];
        numbers.extend(self.gradient.read()?);
        Ok(numbers)
    }
}

/// A flow in training, in the form in which it makes samples.
struct Training {
    generator: Generator,
    latents: Latents,
    validation: Latents,
    scale: LossScale,
    skips: Skips,
}

impl Training {
    fn begin(task: &Task<'_>, resumed: Option<(Checkpoint, ResumeState)>) -> Result<(Self, u64)> {
        let Task { gpu, config, data, codec, cache, verbosity, .. } = *task;
        let scale = LossScale::new(gpu, config.train.precision)?;
        let mut skips = Skips::new(config.train.skip_bad_steps);
        gpu.check_binding("a step", config.train.batch * config.latent_shape().iter().product::<usize>())?;
        let vqvae = Vqvae::open(gpu, &config.vqvae, data.layout().count(), &codec.tensors, &codec.path)?;
        let latents = Latents::training(gpu, &vqvae, codec, config, data, cache, verbosity)?;
        let validation = Latents::validation(gpu, &vqvae, config, data, &latents)?;
        let channels = config.vqvae.latent;
        let (field, start) = match resumed {
            Some((checkpoint, mut state)) => {
                let field = VelocityField::open(gpu, &config.flow, channels, &checkpoint.tensors, &checkpoint.path)?;
                load_arena(&field.params, &mut state)?;
                scale.load(&mut state)?;
                skips.load(&state);
                (field, checkpoint.step)
            }
            None => (VelocityField::new(gpu, &config.flow, channels, config.train.seed)?, 0),
        };
        let statistics = latents.statistics.clone();
        let generator = Generator { config: config.clone(), vqvae, field, statistics };
        Ok((Self { generator, latents, validation, scale, skips }, start))
    }

    /// Forward, loss, backward, optimizer.
    fn step(&mut self, gpu: &Gpu, step: u64) -> Result<Losses> {
        let Generator { config, field: VelocityField { params, unet }, .. } = &self.generator;
        let train = &config.train;
        let mut rng = Philox::new(train.seed, step);
        let chosen: Vec<usize> = (0..train.batch).map(|_| rng.below(self.latents.len())).collect();
        let times: Vec<f32> = (0..train.batch).map(|_| draw_time(config, &mut rng)).collect();
        let classes = self.latents.classes.as_ref().map(|classes| {
            let shown = |&i: &usize| (!rng.chance(config.flow.class_dropout)).then_some(classes[i]);
            unet.classes(gpu, &chosen.iter().map(shown).collect::<Vec<_>>())
        });
        let latents = upload(gpu, &self.latents, &chosen);
        let noise = self.noise(gpu, &latents, step)?;
        let (mixed, velocity) = flow_mix(&noise, &latents, &Tensor::from_f32(gpu, &[times.len()], &times));
        let tape = Tape::recording();
        let halves = self.scale.weights(params);
        let pass = Pass::training(&tape, params, train.seed.wrapping_add(step)).in_f16(halves.as_ref());
        let t = network_times(gpu, &times);
        let predicted = unet.forward(&pass, &Var::constant(mixed), &t, classes.as_ref());
        let loss = loss::mse(&predicted.value, &velocity);
        params.zero_grad();
        tape.backward([(predicted, self.scale.scaled(loss.gradient))]);
        let gradient = update(params, train, step, warm_decay(train.ema, step), &mut self.scale);
        gpu.flush()?;
        let skipped = self.skips.include(step, &gradient, params)?;
        Ok(Losses { loss: loss.value, gradient, skipped })
    }

    /// The noise of a step, paired with its latents as the configuration says: noise is permuted, latents never.
    fn noise(&self, gpu: &Gpu, latents: &Tensor, step: u64) -> Result<Tensor> {
        let Config { train, flow, .. } = &self.generator.config;
        let candidates = if flow.pairing == Pairing::Nearest { flow.pairing_k } else { 1 };
        let mut shape = latents.shape().to_vec();
        shape[0] *= candidates;
        let first = step * shape[0] as u64;
        let noise = philox_normal(gpu, train.seed ^ NOISE_KEY, first, &shape);
        Ok(match flow.pairing {
            Pairing::None => noise,
            Pairing::Nearest => pair_nearest(latents, &noise),
            Pairing::Assignment => {
                let (n, values) = (shape[0], noise.read_f32()?);
                let size = values.len() / n;
                let order = assign(&latents.read_f32()?, &values, n);
                let permuted: Vec<f32> =
                    order.iter().flat_map(|&i| &values[i * size..(i + 1) * size]).copied().collect();
                Tensor::from_f32(gpu, &shape, &permuted)
            }
        })
    }

    /// The averaged weights' loss on the validation latents, with the same noise and evenly spread times at every call; on
    /// training latents where no song is kept for validation.
    fn validate(&mut self, gpu: &Gpu) -> Result<f64> {
        self.generator.field.params.use_ema(true);
        let latents = if self.validation.is_empty() { &self.latents } else { &self.validation };
        let Generator { config, field: VelocityField { params, unet }, .. } = &self.generator;
        let count = latents.len().min(config.data.validation_windows.max(1));
        let (mut sum, numbers) = (0.0, (0..count).collect::<Vec<_>>());
        for chosen in numbers.chunks(config.train.batch) {
            let x1 = upload(gpu, latents, chosen);
            let x0 = philox_normal(gpu, !NOISE_KEY, chosen[0] as u64, x1.shape());
            let times: Vec<f32> = chosen.iter().map(|&i| (i as f32 + 0.5) / count as f32).collect();
            let (mixed, velocity) = flow_mix(&x0, &x1, &Tensor::from_f32(gpu, &[times.len()], &times));
            let t = network_times(gpu, &times);
            let classes = latents
                .classes
                .as_ref()
                .map(|classes| unet.classes(gpu, &chosen.iter().map(|&i| Some(classes[i])).collect::<Vec<_>>()));
            let tape = Tape::inference();
            let predicted = unet.forward(&Pass::new(&tape, params), &Var::constant(mixed), &t, classes.as_ref());
            sum += f64::from(loss::mse(&predicted.value, &velocity).value.read_f32()?[0]) * chosen.len() as f64;
        }
        self.generator.field.params.use_ema(false);
        Ok(sum / count as f64)
    }

    /// A contact sheet of samples by the averaged weights.
    fn sheet(&mut self, gpu: &Gpu) -> Result<Picture> {
        self.generator.field.params.use_ema(true);
        let request =
            Request { seed: self.generator.config.train.seed, first: 0, count: SHOWN, batch: SHOWN, class: None };
        let sampling = self.generator.config.flow.sampling.clone();
        let rolls = self.generator.generate(gpu, &request, &sampling);
        self.generator.field.params.use_ema(false);
        Ok(contact_sheet(&rolls?, 4))
    }

    /// Saves the checkpoint and what resuming needs.
    fn save(&self, task: &Task<'_>, step: u64) -> Result<()> {
        let (checkpoint, state) = self.checkpoint(task, step)?;
        check_finite_tensors(&checkpoint, task.run)?;
        task.run.save(&checkpoint, &state)
    }

    /// The checkpoint, with the averaged weights and the codec, and what resuming needs beside it.
    fn checkpoint(&self, task: &Task<'_>, step: u64) -> Result<(Checkpoint, ResumeState)> {
        let mut checkpoint = Checkpoint::new(Kind::Flow, task.config.clone(), step);
        checkpoint.tensors = self.generator.field.export(Part::Ema)?;
        checkpoint.set_codec(task.codec, &self.generator.statistics);
        checkpoint.set_data(task.data);
        let mut state = save_arena(&self.generator.field.params, step)?;
        self.scale.save(&mut state)?;
        self.skips.save(&mut state);
        Ok((checkpoint, state))
    }
}

fn upload(gpu: &Gpu, latents: &Latents, chosen: &[usize]) -> Tensor {
    let [height, width, channels] = latents.shape;
    Tensor::from_f32(gpu, &[chosen.len(), height, width, channels], &latents.gather(chosen))
}

/// Times in [0, 1] as the network takes them, `[N]`.
fn network_times(gpu: &Gpu, times: &[f32]) -> Tensor {
    let scaled: Vec<f32> = times.iter().map(|t| TIME_SCALE * t).collect();
    Tensor::from_f32(gpu, &[scaled.len()], &scaled)
}

/// t in (0, 1): uniform, warped so that the slope at 1/2 is `flow.warp`, or the logistic of a normal (Esser et al. 2024, arXiv
/// 2403.03206, section 3.1).
fn draw_time(config: &Config, rng: &mut Philox) -> f32 {
    let time = match config.flow.t_distribution {
        TimeDistribution::Uniform => rng.uniform(),
        TimeDistribution::LogitNormal => 1.0 / (1.0 + (-rng.normal()).exp()),
        TimeDistribution::Warped => {
            let (t, s) = (rng.uniform(), config.flow.warp);
            4.0 * (1.0 - s) * t.powi(3) + 6.0 * (s - 1.0) * t.powi(2) + (3.0 - 2.0 * s) * t
        }
    };
    time as f32
}

/// The average's decay at a step: shorter at first, so that the first weights are soon forgotten.
fn warm_decay(decay: f64, step: u64) -> f64 {
    decay.min((1.0 + step as f64) / (10.0 + step as f64))
}
