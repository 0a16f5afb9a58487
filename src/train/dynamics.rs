//! Training of a flow's dynamics: a few seconds, at once from the first step to the last.

use rayon::prelude::*;

use super::Task;
use super::run::{Progress, Verbosity, interrupt};
use super::step::Optimizer;
use crate::checkpoint::Checkpoint;
use crate::condition::Scale;
use crate::config::{Config, ScheduleKind, TrainConfig};
use crate::data::dataset::Dataset;
use crate::data::evenly;
use crate::data::music::roll::Roll;
use crate::dynamics::{Dynamics, INPUTS, Levels, Loudness, UNIT, inputs};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nn::Pass;
use crate::ops::loss::l1;
use crate::rng::Philox;
use crate::tape::Tape;
use crate::tensor::Tensor;

/// Most steps, notes per step, and peak learning rate, which falls to 0 by a cosine.
const STEPS: u64 = 2000;
const BATCH: usize = 512;
const RATE: f64 = 3e-3;
/// A note is drawn at most this often on average: few songs are trained on for fewer steps.
const REPEATS: usize = 50;
/// Bars between two windows of a song, which do not overlap in 4/4, and most windows.
const STRIDE: usize = 8;
const MOST: usize = 4096;
/// Key of the draws of notes, combined with the seed.
const KEY: u64 = 0x7368_6170;
/// Steps between two updates of the progress.
const SHOWN: u64 = 50;

/// The notes to train on.
struct Notes {
    /// Inputs of the network.
    inputs: Vec<[f32; INPUTS]>,
    /// Distances from the level, in [`UNIT`]s.
    targets: Vec<f32>,
    /// Levels and spreads of their windows.
    loudness: Vec<Loudness>,
}

impl Notes {
    /// Of training windows that do not overlap, evenly chosen.
    fn of(data: &Dataset) -> Self {
        let chosen = evenly(&data.encoding_windows(STRIDE, 1, 0), MOST);
        let of_window = |window| {
            let roll = data.roll(window);
            Loudness::of(roll.notes()).map(|loudness| (roll, loudness))
        };
        let windows: Vec<(Roll, Loudness)> = chosen.iter().filter_map(of_window).collect();
        let distance = |(roll, loudness): &(Roll, Loudness)| {
            let level = f32::from(loudness.level);
            roll.notes().iter().map(|note| (f32::from(note.velocity) - level) / UNIT).collect::<Vec<f32>>()
        };
        let inputs = windows.par_iter().map(|(roll, loudness)| inputs(roll, *loudness)).collect::<Vec<_>>().concat();
        let targets = windows.iter().flat_map(distance).collect();
        let loudness = windows.iter().map(|(_, loudness)| *loudness).collect();
        Self { inputs, targets, loudness }
    }
}

/// The dynamics of a flow's training run, if it has some: those of the checkpoint that it resumes from, or new ones.
///
/// # Errors
/// As [`train`], and a damaged checkpoint.
pub fn of_run(task: &Task<'_>, resumed: Option<&Checkpoint>) -> Result<Option<Dynamics>> {
    let Task { gpu, config, data, verbosity, .. } = *task;
    if !config.flow.dynamics {
        return Ok(None);
    }
    let trained = resumed.map(|checkpoint| Dynamics::load(gpu, checkpoint)).transpose()?.flatten();
    trained.map_or_else(|| train(gpu, config, data, verbosity), Ok).map(Some)
}

/// Trains the dynamics of a flow on the training songs of `data`. The result depends on these, on `train.seed` and on the adapter.
///
/// # Errors
/// Songs without a window, a failure of the device, or an interruption by the user.
pub fn train(gpu: &Gpu, config: &Config, data: &Dataset, verbosity: Verbosity) -> Result<Dynamics> {
    data.check_training()?;
    let Notes { mut inputs, targets, loudness } = Notes::of(data);
    let scale = Scale::fit(inputs.iter().copied(), 0.0);
    inputs.par_iter_mut().for_each(|inputs| *inputs = scale.apply(*inputs));
    let steps = STEPS.min((REPEATS * inputs.len()).div_ceil(BATCH) as u64);
    let settings = TrainConfig {
        steps,
        batch: BATCH,
        learning_rate: RATE,
        schedule: ScheduleKind::Cosine,
        warmup: 0,
        clip: 0.0,
        seed: config.train.seed,
        ..TrainConfig::default()
    };
    let dynamics = Dynamics::new(gpu, config.data.steps, scale, Levels::of(&loudness), settings.seed)?;
    let mut optimizer = Optimizer::new(gpu, &settings)?;
    let mut progress = Progress::new("dynamics", 0, steps, verbosity);
    for step in 1..=steps {
        if interrupt::requested() {
            return Err(Error::Interrupted("training the dynamics"));
        }
        let mut random = Philox::new(settings.seed ^ KEY, step);
        let chosen: Vec<usize> = (0..BATCH).map(|_| random.below(inputs.len())).collect();
        let x: Vec<[f32; INPUTS]> = chosen.iter().map(|&i| inputs[i]).collect();
        let target: Vec<f32> = chosen.iter().map(|&i| targets[i]).collect();
        let params = &dynamics.params;
        let tape = Tape::recording();
        let predicted = dynamics.forward(&Pass::new(&tape, params), &x);
        let loss = l1(&predicted.value, &Tensor::from_f32(gpu, &[BATCH, 1], &target));
        params.zero_grad();
        tape.backward([(predicted, loss.gradient)]);
        // The average of the weights is not used.
        optimizer.step(params, &settings, step, 0.0)?;
        if step.is_multiple_of(SHOWN) || step == steps {
            gpu.wait()?;
            progress.update(step);
        }
    }
    progress.finish();
    Ok(dynamics)
}
