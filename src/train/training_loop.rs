//! The training loop, the same for both networks: step, log, save, validate.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::parts::{Gathered, MicroBatch, Outbox, Plan, Summed, batch};
use super::rhythm::Rhythm;
use super::run::{
    Better, EXCHANGE_BYTES, EXCHANGE_MS, EXCHANGE_OVERLAPPED, Progress, RunDir, RunLog, SAMPLES_PER_SECOND, VALIDATION,
    Verbosity, interrupt,
};
use super::step::{Gradient, Optimizer, check_finite, check_finite_tensors, learning_rate};
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{Params, Part};
use crate::ranks::{Pace, Ranks};
use crate::text::three_digits;

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
    /// The ranks that work on it, of which the first one writes the folder.
    pub ranks: &'a Ranks,
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

    /// Forward pass, losses and backward pass of a part of a step. Adds the gradient to the arena, and tells the outbox how much of it is
    /// final. Steps are counted from 1.
    fn part(&mut self, step: u64, part: MicroBatch, outbox: &mut Outbox<'_>) -> Result<Self::Batch>;

    /// The optimizer, after the gradients of all parts are added up, and what follows the batch otherwise.
    fn follow(&mut self, step: u64, batch: &Self::Batch) -> Result<Gradient>;

    /// Reads the losses of a step back from the device, their sum first.
    fn read(&self, batch: &Self::Batch) -> Result<Numbers>;

    /// This rank's share of a validation of the network. The first rank has the log: it logs pictures of what the network does, and gets the
    /// result.
    fn validate(&mut self, step: u64, log: Option<&mut RunLog>) -> Result<Option<Validated>>;

    /// The checkpoint of a step, and the state needed to resume from it.
    fn checkpoint(&self, step: u64) -> Result<(Checkpoint, ResumeState)>;

    /// The parameters being trained.
    fn params(&self) -> &Params;

    /// What trains them.
    fn optimizer(&mut self) -> &mut Optimizer;
}

/// Trains from the step of the run's checkpoint, or from step 0 in a new run, until `train.steps` or until the user interrupts.
/// Both end with a checkpoint. The first rank logs and saves.
///
/// # Errors
/// The device, the run's folder, or a loss or gradient that is not finite; more ranks than parts of a batch.
pub fn run<T: Training>(task: &Task<'_>, training: &mut T) -> Result<()> {
    let Task { gpu, config, run, ranks, verbosity, .. } = *task;
    let (train, start) = (&config.train, run.saved().unwrap_or(0));
    let (plan, fault) = (Plan::new(train, ranks)?, Fault::asked()?);
    let rhythm = Rhythm::new(train);
    let mut log = if ranks.is_first() { Some(run.start(config, start)?) } else { None };
    let mut progress = Progress::new(T::KIND.name(), start, train.steps, verbosity);
    let mut rate = Rate::new(start, train.batch);
    let mut pace = Pace::default();
    if run.saved().is_none() {
        save(training, task, &plan, start)?;
    }
    let mut advance = |step: u64| -> Result<ControlFlow<()>> {
        let validates = rhythm.validates(step);
        if step > start {
            ranks.at_step(step, run.saved());
            if let Some(fault) = fault {
                fault.strike(gpu, ranks.rank(), step);
            }
            let Step { batch, gradient, busy, overlapped } = train_step(training, task, &plan, step)?;
            rate.overlapped += overlapped;
            let pulse = ranks.pulse(interrupt::requested(), busy)?;
            let interrupted = pulse.interrupted;
            let saves = interrupted || rhythm.saves(step);
            if let Some(slow) = pace.add(&pulse.busy).filter(|_| ranks.is_first()) {
                let [busy, others] = [slow.busy, slow.others].map(|time| three_digits(1e3 * time.as_secs_f64()));
                let name = ranks.name(slow.rank);
                progress.println(&format!("note: {name} is slow: {busy} ms per step, the others {others} ms"));
            }
            if let (Some(skips), Some(log)) = (gradient.skipped, &mut log) {
                log.write(step, "skipped", &skips.numbers())?;
                progress.println(&format!("step {step} was skipped: its gradient is not finite"));
            } else if let (true, Some(log)) = (saves || rhythm.logs(step), &mut log) {
                let mut numbers = training.read(&batch)?;
                numbers.extend(gradient.read()?);
                check_finite(&numbers, training.params(), step, run)?;
                progress.set_loss(numbers[0].1);
                numbers.push(("learning_rate".to_owned(), learning_rate(train, step)));
                numbers.extend(rate.since_last(step, ranks));
                log.write(step, "train", &numbers)?;
            }
            progress.update(step);
            if saves {
                save(training, task, &plan, step)?;
            }
            if interrupted {
                progress.println(&format!("interrupted: the checkpoint of step {step} of {} is saved", train.steps));
                log.as_ref().map_or(Ok(()), RunLog::curves_so_far)?;
                return Ok(ControlFlow::Break(()));
            }
        }
        // A resumed run repeats the validation that it was stopped in.
        if validates && ranks.any(log.as_ref().is_some_and(|log| !log.is_validated(step)))? {
            let validated = training.validate(step, log.as_mut())?;
            if let Some((log, Validated { numbers, summary })) = log.as_mut().zip(validated) {
                log.curves(step, &numbers)?;
                if log.is_best(&numbers, T::BEST_BY) {
                    run.keep_best()?;
                }
                log.write(step, VALIDATION, &numbers)?;
                progress.println(&format!("step {step}: {summary}"));
            }
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

/// What a step gives.
struct Step<B> {
    batch: B,
    gradient: Gradient,
    /// How long this rank computed before it had something to add to the others'.
    busy: Duration,
    /// Bytes that it sent before it waited for its last gradients.
    overlapped: u64,
}

/// This rank's parts of a step, their sum with those of the other ranks, then the optimizer.
fn train_step<T: Training>(training: &mut T, task: &Task<'_>, plan: &Plan<'_>, step: u64) -> Result<Step<T::Batch>> {
    let (train, scale) = (&task.config.train, training.optimizer().scale.scale());
    let mut errors = std::mem::take(&mut training.optimizer().errors);
    let gathered = batch(plan, training, &mut errors, scale, T::params, |training, index, outbox| {
        training.part(step, MicroBatch::new(train, index), outbox)
    });
    training.optimizer().errors = errors;
    let Gathered { rest, busy, overlapped } = gathered?;
    let gradient = training.follow(step, &rest)?;
    Ok(Step { batch: rest, gradient, busy, overlapped })
}

/// Samples per second between entries of the log, validations not counted.
struct Rate {
    step: u64,
    batch: usize,
    time: Instant,
    /// Bytes that were sent before the last gradients of their step.
    overlapped: u64,
}

impl Rate {
    fn new(step: u64, batch: usize) -> Self {
        Self { step, batch, time: Instant::now(), overlapped: 0 }
    }

    fn restart(&mut self, step: u64) {
        *self = Self { overlapped: self.overlapped, ..Self::new(step, self.batch) };
    }

    /// The rate since the last call, at `step`; with several ranks also what a step sent to others, how much of it before its last gradients, and the
    /// time of its exchanges.
    fn since_last(&mut self, step: u64, ranks: &Ranks) -> Numbers {
        let steps = (step - self.step).max(1) as f64;
        let rate = steps * self.batch as f64 / self.time.elapsed().as_secs_f64().max(1e-9);
        let overlapped = std::mem::take(&mut self.overlapped) as f64 / steps;
        self.restart(step);
        let mut numbers = vec![(SAMPLES_PER_SECOND.to_owned(), rate)];
        let traffic = ranks.take_traffic();
        if !ranks.are_alone() {
            numbers.push((EXCHANGE_BYTES.to_owned(), traffic.bytes as f64 / steps));
            numbers.push((EXCHANGE_OVERLAPPED.to_owned(), overlapped));
            numbers.push((EXCHANGE_MS.to_owned(), 1e3 * traffic.time.as_secs_f64() / steps));
        }
        numbers
    }
}

/// Saves the checkpoint and the resume state of a step, unless a weight is not finite. Ranks but the first note that it is saved.
fn save<T: Training>(training: &mut T, task: &Task<'_>, plan: &Plan<'_>, step: u64) -> Result<()> {
    let Task { run, ranks, .. } = *task;
    let length = training.params().flat(Part::Gradients).len();
    let errors = training.optimizer().errors.collect(plan, length)?;
    if !ranks.is_first() {
        run.note_saved(step);
        return Ok(());
    }
    let (checkpoint, mut state) = training.checkpoint(step)?;
    state.tensors.extend(errors.into_iter().map(|(name, errors)| (name.to_owned(), errors)));
    check_finite_tensors(&checkpoint, run)?;
    run.save(&checkpoint, &state)
}
