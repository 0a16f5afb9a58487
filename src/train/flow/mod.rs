//! Training the flow on the latents of a frozen codec.

mod assignment;
mod batch;
mod classes;
mod latents;
mod noise;
mod start;
mod times;
mod validate;

use std::path::Path;

use super::parts::{MicroBatch, Outbox, Summed};
use super::run::{Better, RunLog};
use super::step::{Gradient, Optimizer};
use super::training_loop::{Numbers, Task, Training, Validated, run};
use super::{dynamics, texture};
use crate::audio::{Instrument, of_roll};
use crate::chart::sheet::contact_sheet;
use crate::checkpoint::{Checkpoint, Kind, ResumeState};
use crate::config::Config;
use crate::error::Result;
use crate::models::{Conditioning, VelocityField, Vqvae};
use crate::nn::{Params, Part, Pass};
use crate::ops::flow::flow_mix;
use crate::ops::loss;
use crate::sample::{ConditionTable, Generator};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;
use batch::Batch;
use latents::Latents;
pub use latents::statistics;
pub use start::Start;
use start::widened;

/// Trains a flow until `train.steps` on the latents of `codec`, and returns the last validation loss, NaN if there was none. Encoded
/// data sets are kept in the folder `cache`. If the user interrupts, training ends early with a checkpoint.
///
/// # Errors
/// The device, the run's folder, a loss that is not finite, or an interruption before the first step.
pub fn train(task: &Task<'_>, codec: &Checkpoint, cache: &Path, start: Start) -> Result<f64> {
    let mut training = FlowTraining::begin(task, codec, cache, start)?;
    run(task, &mut training)?;
    Ok(training.last)
}

/// A configuration with the codec and the picture format of `codec`.
pub fn with_codec(config: &Config, codec: &Checkpoint) -> Config {
    let mut config = config.clone();
    config.vqvae = codec.config.vqvae.clone();
    config.data.channels = codec.config.data.channels;
    config.data.velocity = codec.config.data.velocity;
    config.data.steps = codec.config.data.steps;
    config.data.pitches = codec.config.data.pitches;
    config
}

/// Columns of the picture of samples, whose first row is saved as music too, and samples that can be heard in TensorBoard.
const COLUMNS: usize = 4;
const HEARD: usize = 2;

/// The loss of a part of a batch, or the sum of several.
struct Loss(Tensor);

impl Summed for Loss {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![&self.0]
    }
}

/// A flow in training.
struct FlowTraining<'a> {
    task: &'a Task<'a>,
    codec: &'a Checkpoint,
    /// The flow and the frozen codec.
    generator: Generator,
    latents: Latents,
    held_out: Latents,
    /// The batch of a step, which its parts share.
    drawn: Option<(u64, Batch)>,
    optimizer: Optimizer,
    last: f64,
}

impl Training for FlowTraining<'_> {
    const KIND: Kind = Kind::Flow;
    const BEST_BY: (&'static str, Better) = ("loss", Better::Lower);
    type Batch = Loss;

    fn part(&mut self, step: u64, part: MicroBatch, outbox: &mut Outbox<'_>) -> Result<Loss> {
        let Task { gpu, config, data, .. } = *self.task;
        let train = &config.train;
        if self.drawn.as_ref().is_none_or(|(of, _)| *of != step) {
            self.drawn = Some((step, Batch::draw(gpu, config, data, &self.latents, step)?));
        }
        let (_, batch) = self.drawn.as_ref().expect("drawn above");
        let VelocityField { params, network } = &self.generator.field;
        let (places, has_masks) = (part.range(), !batch.masks.is_empty());
        let mut conditioning = self.latents.conditioning(
            gpu,
            &self.generator,
            &batch.chosen[places.clone()],
            &batch.shown[places.clone()],
        );
        let context = has_masks.then(|| self.generator.context(gpu, &batch.masks[places.clone()])).transpose()?;
        // On a path from the known latents to themselves the velocity is 0.
        let [latents, noise] = batch.ends.each_ref().map(|end| {
            let end = part.of(end);
            context.as_ref().map_or(end.clone(), |given| given.hold(&end, None))
        });
        if let Conditioning::Conditions(conditions) = &mut conditioning {
            conditions.given = context.as_ref().map(|context| context.condition.clone());
            if let Some(table) = self.generator.conditions.as_ref().filter(|_| !batch.controls.is_empty()) {
                conditions.controls = Some(table.upload_controls(gpu, &batch.controls[places.clone()]));
            }
        }
        let times = &batch.times[places];
        let (mixed, velocity) = flow_mix(&noise, &latents, &Tensor::from_f32(gpu, &[times.len()], times));
        let tape = Tape::recording();
        let f16_weights = self.optimizer.scale.weights(params);
        let pass = Pass::training(&tape, params, part.seed(train.seed, step)).in_f16(f16_weights.as_ref());
        let t = network.times(gpu, times);
        let predicted = network.forward(&pass, &Var::constant(mixed), &t, &conditioning);
        let predicted = context.as_ref().map_or(predicted.clone(), |given| given.masked(&tape, &predicted));
        let loss = loss::mse(&predicted.value, &velocity);
        let seed = (predicted, self.optimizer.scale.scaled(part.share(loss.gradient)));
        tape.backward_with([seed], |from| outbox.is_final(from));
        Ok(Loss(loss.value))
    }

    fn follow(&mut self, step: u64, _: &Loss) -> Result<Gradient> {
        let train = &self.task.config.train;
        self.optimizer.step(&self.generator.field.params, train, step, ema_decay(train.ema, step))
    }

    fn read(&self, Loss(sum): &Loss) -> Result<Numbers> {
        let mean = sum.read_f32()?[0] / self.task.config.train.micro_batches as f32;
        Ok(vec![("loss".to_owned(), f64::from(mean))])
    }

    /// Samples, and the loss of the EMA weights on held-out latents if there are any.
    fn validate(&mut self, step: u64, log: Option<&mut RunLog>) -> Result<Option<Validated>> {
        let Task { gpu, ranks, .. } = *self.task;
        self.generator.field.params.use_ema(true);
        let loss = (!self.held_out.is_empty())
            .then(|| validate::loss(gpu, ranks, &self.generator, &self.held_out))
            .transpose()?;
        let samples = log.as_ref().map(|_| validate::samples(gpu, &self.generator)).transpose()?;
        self.generator.field.params.use_ema(false);
        let Some((log, samples)) = log.zip(samples) else { return Ok(None) };
        log.picture(step, "samples", &contact_sheet(&samples, COLUMNS))?;
        log.music(step, "samples", &samples[..samples.len().min(COLUMNS)])?;
        for (number, roll) in samples.iter().take(HEARD).enumerate() {
            log.sound(step, &format!("samples/{number}"), &Instrument::Piano.play(&of_roll(roll))?)?;
        }
        Ok(Some(match loss {
            None => Validated { numbers: Vec::new(), summary: "nothing to validate with".to_owned() },
            Some(loss) => {
                self.last = loss;
                Validated { numbers: vec![("loss".to_owned(), loss)], summary: format!("validation loss {loss:.4}") }
            }
        }))
    }

    /// The checkpoint holds the EMA weights and the codec.
    fn checkpoint(&self, step: u64) -> Result<(Checkpoint, ResumeState)> {
        let Generator { field, statistics, conditions, dynamics, .. } = &self.generator;
        let mut checkpoint = Checkpoint::new(Self::KIND, self.task.config.clone(), step);
        checkpoint.tensors = field.export(Part::Ema)?;
        if let Some(table) = conditions {
            table.save(&mut checkpoint);
        }
        if let Some(dynamics) = dynamics {
            dynamics.save(&mut checkpoint)?;
        }
        checkpoint.set_codec(self.codec, statistics);
        checkpoint.set_data(self.task.data);
        Ok((checkpoint, self.optimizer.save(&field.params, step)?))
    }

    fn params(&self) -> &Params {
        &self.generator.field.params
    }

    fn optimizer(&mut self) -> &mut Optimizer {
        &mut self.optimizer
    }
}

impl<'a> FlowTraining<'a> {
    /// A flow before the first step of this run.
    fn begin(task: &'a Task<'a>, codec: &'a Checkpoint, cache: &Path, start: Start) -> Result<Self> {
        let Task { gpu, config, data, .. } = *task;
        data.check_training()?;
        let mut optimizer = Optimizer::new(gpu, &config.train)?;
        gpu.check_binding("a step", config.train.batch * config.latent_shape().iter().product::<usize>())?;
        let vqvae = Vqvae::open(gpu, &config.vqvae, data.layout().count(), &codec.tensors, &codec.path)?;
        let latents = Latents::training(task, &vqvae, codec, cache)?;
        let held_out = Latents::held_out(task, &vqvae, &latents.statistics)?;
        let latent = config.latent_shape();
        let resumed = if let Start::Resumed(resumed) = &start { Some(&resumed.0) } else { None };
        let dynamics = dynamics::of_run(task, resumed)?;
        let field = match start {
            Start::New => VelocityField::new(gpu, &config.flow, latent, config.train.seed)?,
            Start::From(flow) => {
                let tensors = widened(&flow, &config.flow, latent[2]);
                VelocityField::open(gpu, &config.flow, latent, &tensors, &flow.path)?
            }
            Start::Resumed(resumed) => {
                let (checkpoint, mut state) = *resumed;
                let field = VelocityField::open(gpu, &config.flow, latent, &checkpoint.tensors, &checkpoint.path)?;
                optimizer.load(&field.params, &mut state)?;
                field
            }
        };
        let statistics = latents.statistics.clone();
        let mut conditions = latents.rows.as_ref().map(|rows| ConditionTable::of(config, rows));
        if let Some(table) = conditions.as_mut().filter(|_| config.flow.given > 0) {
            table.expectation = texture::learn(data, &table.scales);
        }
        let mut generator = Generator::new(config.clone(), vqvae, field, statistics, conditions);
        generator.dynamics = dynamics;
        Ok(Self { task, codec, generator, latents, held_out, drawn: None, optimizer, last: f64::NAN })
    }
}

/// The EMA's decay at a step: smaller at first, so that the initial weights are soon forgotten.
fn ema_decay(decay: f64, step: u64) -> f64 {
    decay.min((1.0 + step as f64) / (10.0 + step as f64))
}
