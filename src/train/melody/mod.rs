//! Training of a flow's melodies: some minutes on two cores.

mod compare;
mod examples;
mod masks;
mod rows;
mod windows;

pub use compare::{Comparison, spelled};
pub use examples::examples;
pub use windows::Excerpt;

use rayon::prelude::*;
use rows::{Rows, rows};

use super::run::{Progress, Verbosity, interrupt};
use super::step::Optimizer;
use crate::config::{Config, ScheduleKind, TrainConfig};
use crate::data::dataset::Dataset;
use crate::data::evenly;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::melody::{Melodies, Networks, Which, check_steps};
use crate::nn::Pass;
use crate::ops::loss::{Loss, cross_entropy};
use crate::rng::Philox;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Windows per step, of each 16 columns and 12 notes, and peak learning rate, which falls to 0 by a cosine.
const BATCH: usize = 64;
const RATE: f64 = 2e-3;
const WARMUP: u64 = 50;
/// Key of the draws of windows and rows, combined with the seed.
const KEY: u64 = 0x726f_7773_6d65_6c6f;
/// Key of the rows of validation.
const VALIDATION_KEY: u64 = !KEY;
/// Steps between two updates of the progress.
const SHOWN: u64 = 50;
/// Most windows to validate with.
const VALIDATION: usize = 256;

/// The networks in training.
struct Trained<'a> {
    gpu: &'a Gpu,
    networks: Networks,
    data: &'a [Excerpt],
}

impl Trained<'_> {
    /// The mean losses in nats of rows of rhythm and pitch, with the logits.
    fn losses(&self, pass: &Pass<'_>, rows: &[Rows; 2]) -> [(Var, Loss); 2] {
        Which::ALL.map(|which| {
            let Rows { inputs, classes } = &rows[which as usize];
            let logits = self.networks.forward(pass, which, inputs);
            let count = [classes.len()];
            let weights = Tensor::from_f32(self.gpu, &count, &vec![(classes.len() as f32).recip(); classes.len()]);
            let loss = cross_entropy(&logits.value, &Tensor::from_u32(self.gpu, &count, classes), &weights);
            (logits, loss)
        })
    }

    /// The rows of a step: windows drawn with repetition.
    fn rows(&self, seed: u64, step: u64) -> [Rows; 2] {
        let mut random = Philox::new(seed ^ KEY, step);
        let chosen: Vec<&Excerpt> = (0..BATCH).map(|_| random.choose(self.data)).collect();
        rows(&chosen, seed ^ KEY, (step << 32) + 1)
    }
}

/// Trains the melodies of a flow on the training songs of `data`, for so many steps. The result depends on these, on `train.seed` and on
/// the adapter.
///
/// # Errors
/// Songs without a melody, windows that are not of whole bars, a failure of the device, or an interruption by the user.
pub fn train(gpu: &Gpu, config: &Config, data: &Dataset, steps: u64, verbosity: Verbosity) -> Result<Networks> {
    data.check_training()?;
    check_steps(config.data.steps)?;
    let excerpts = Excerpt::training(data);
    if excerpts.is_empty() {
        return Err(Error::data("none of the training songs has a melody of several notes in bars of 4/4; add songs"));
    }
    let settings = TrainConfig {
        steps,
        batch: BATCH,
        learning_rate: RATE,
        schedule: ScheduleKind::Cosine,
        warmup: WARMUP.min(steps / 4),
        clip: 1.0,
        beta2: 0.99,
        seed: config.train.seed,
        ..TrainConfig::default()
    };
    let trained = Trained { gpu, networks: Networks::new(gpu, settings.seed)?, data: &excerpts };
    let mut optimizer = Optimizer::new(gpu, &settings)?;
    let mut progress = Progress::new("melodies", 0, steps, verbosity);
    let params = &trained.networks.params;
    for step in 1..=steps {
        if interrupt::requested() {
            return Err(Error::Interrupted("training the melodies"));
        }
        let tape = Tape::recording();
        let pass = Pass::training(&tape, params, settings.seed.wrapping_add(step));
        let [(rhythm, of_rhythm), (pitch, of_pitch)] = trained.losses(&pass, &trained.rows(settings.seed, step));
        params.zero_grad();
        tape.backward([(rhythm, of_rhythm.gradient), (pitch, of_pitch.gradient)]);
        // The average of the weights is not used.
        optimizer.step(params, &settings, step, 0.0)?;
        if step.is_multiple_of(SHOWN) || step == steps {
            progress.set_loss(f64::from(of_rhythm.value.read_f32()?[0] + of_pitch.value.read_f32()?[0]));
            progress.update(step);
        }
    }
    progress.finish();
    Ok(trained.networks)
}

/// The losses of rhythm and pitch in nats on melodies, shown as in training, always in the same way.
pub fn validate(melodies: &Melodies, excerpts: &[Excerpt]) -> [f64; 2] {
    let chosen = evenly(excerpts, VALIDATION);
    let rows = rows(&chosen.iter().collect::<Vec<_>>(), VALIDATION_KEY, 0);
    Which::ALL.map(|which| {
        let Rows { inputs, classes } = &rows[which as usize];
        let each: Vec<(&[f32], &u32)> = inputs.chunks_exact(which.sizes()[0]).zip(classes).collect();
        let losses: Vec<f64> =
            each.par_iter().map(|(row, class)| melodies.surprise(which, row, **class as usize)).collect();
        losses.iter().sum::<f64>() / losses.len().max(1) as f64
    })
}
