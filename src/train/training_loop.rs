//! The training loop, the same for both networks: step, log, save, validate.

use std::ops::ControlFlow;
use std::time::Instant;

use super::parts::{self, MicroBatch, Summed};
use super::rhythm::Rhythm;
use super::run::{Better, Progress, RunDir, RunLog, SAMPLES_PER_SECOND, VALIDATION, Verbosity, interrupt};
use super::step::{Gradient, check_finite, check_finite_tensors, learning_rate};
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::{Config, TrainConfig};
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::Params;

/// What every training run needs.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The device.
    pub gpu: &'a Gpu,
    /// The configuration.
    pub config: &'a Config,
    /// The songs.
    pub data: &'a Dataset,
    /// The run's folder.
    pub run: &'a RunDir,
    /// How much to print.
    pub verbosity: Verbosity,
}

/// Numbers by name, as they are logged.
pub type Numbers = Vec<(String, f64)>;

/// The result of a validation.
pub struct Validated {
    /// Its numbers.
    pub numbers: Numbers,
    /// One line for the terminal.
    pub summary: String,
}

/// A network in training.
pub trait Training {
    /// Which network.
    const KIND: Kind;
    /// The number of a validation by which the best checkpoint is chosen, and its direction.
    const BEST_BY: (&'static str, Better);
    /// What a part of a step gives besides its gradient, on the device: losses, and what follows the batch otherwise than by gradient.
    type Batch: Summed;

    /// Forward pass, losses and backward pass of a part of a step. Adds the gradient to the arena. Steps are counted from 1.
    fn part(&mut self, step: u64, part: MicroBatch) -> Result<Self::Batch>;

    /// The optimizer, after the gradients of all parts are added up, and what follows the batch otherwise.
    fn follow(&mut self, step: u64, batch: &Self::Batch) -> Result<Gradient>;

    /// Reads the losses of a step back from the device, their sum first.
    fn read(&self, batch: &Self::Batch) -> Result<Numbers>;

    /// Validates the network and logs pictures of what it does.
    fn validate(&mut self, step: u64, log: &mut RunLog) -> Result<Validated>;

    /// The checkpoint of a step, and the state needed to resume from it.
    fn checkpoint(&self, step: u64) -> Result<(Checkpoint, ResumeState)>;

    /// The parameters being trained.
    fn params(&self) -> &Params;
}

/// Trains from the step of the run's checkpoint, or from step 0 in a new run, until `train.steps` or until the user interrupts.
/// Both end with a checkpoint.
///
/// # Errors
/// The device, the run's folder, or a loss or gradient that is not finite.
pub fn run<T: Training>(task: &Task<'_>, training: &mut T) -> Result<()> {
    let Task { gpu, config, run, verbosity, .. } = *task;
    let (train, start) = (&config.train, run.saved().unwrap_or(0));
    let rhythm = Rhythm::new(train);
    let mut log = run.start(config, start)?;
    let mut progress = Progress::new(T::KIND.name(), start, train.steps, verbosity);
    let mut rate = Rate::new(start, train.batch);
    if run.saved().is_none() {
        save(training, run, start)?;
    }
    let mut advance = |step: u64| -> Result<ControlFlow<()>> {
        let validates = rhythm.validates(step);
        if step > start {
            let (batch, gradient) = train_step(training, train, step)?;
            let interrupted = interrupt::requested();
            let saves = interrupted || rhythm.saves(step);
            if let Some(skips) = gradient.skipped {
                log.write(step, "skipped", &skips.numbers())?;
                progress.println(&format!("step {step} was skipped: its gradient is not finite"));
            } else if saves || rhythm.logs(step) {
                let mut numbers = training.read(&batch)?;
                numbers.extend(gradient.read()?);
                check_finite(&numbers, training.params(), step, run)?;
                progress.set_loss(numbers[0].1);
                numbers.push(("learning_rate".to_owned(), learning_rate(train, step)));
                numbers.push((SAMPLES_PER_SECOND.to_owned(), rate.since_last(step)));
                log.write(step, "train", &numbers)?;
            }
            progress.update(step);
            if saves {
                save(training, run, step)?;
            }
            if interrupted {
                progress.println(&format!("interrupted: the checkpoint of step {step} of {} is saved", train.steps));
                log.curves_so_far()?;
                return Ok(ControlFlow::Break(()));
            }
        }
        // A resumed run repeats the validation that it was stopped in.
        if validates && !log.is_validated(step) {
            let Validated { numbers, summary } = training.validate(step, &mut log)?;
            log.curves(step, &numbers)?;
            if log.is_best(&numbers, T::BEST_BY) {
                run.keep_best()?;
            }
            log.write(step, VALIDATION, &numbers)?;
            progress.println(&format!("step {step}: {summary}"));
            rate.restart(step);
        }
        Ok(ControlFlow::Continue(()))
    };
    for step in start..=train.steps {
        if advance(step).map_err(|error| run.stopped(step, error))?.is_break() {
            break;
        }
    }
    if verbosity == Verbosity::Verbose {
        progress.println(&format!("at most {} MiB of the device's memory were in use", gpu.peak_bytes() >> 20));
    }
    progress.finish();
    Ok(())
}

/// All parts of a step, then the optimizer.
fn train_step<T: Training>(training: &mut T, train: &TrainConfig, step: u64) -> Result<(T::Batch, Gradient)> {
    let batch = parts::sum(training, 0..train.micro_batches, T::params, |training, index| {
        training.part(step, MicroBatch::new(train, index))
    })?;
    let gradient = training.follow(step, &batch)?;
    Ok((batch, gradient))
}

/// Samples per second between entries of the log, validations not counted.
struct Rate {
    step: u64,
    batch: usize,
    time: Instant,
}

impl Rate {
    fn new(step: u64, batch: usize) -> Self {
        Self { step, batch, time: Instant::now() }
    }

    fn restart(&mut self, step: u64) {
        *self = Self::new(step, self.batch);
    }

    /// The rate since the last call, at `step`.
    fn since_last(&mut self, step: u64) -> f64 {
        let samples = (step - self.step) as f64 * self.batch as f64;
        let rate = samples / self.time.elapsed().as_secs_f64().max(1e-9);
        self.restart(step);
        rate
    }
}

/// Saves the checkpoint and the resume state of a step, unless a weight is not finite.
fn save<T: Training>(training: &T, run: &RunDir, step: u64) -> Result<()> {
    let (checkpoint, state) = training.checkpoint(step)?;
    check_finite_tensors(&checkpoint, run)?;
    run.save(&checkpoint, &state)
}
