//! What both trainings do with a gradient, and how they notice that a number is none any more.

use super::loss_scale::{Gradient, LossScale};
use super::schedule::learning_rate;
use crate::checkpoint::{Checkpoint, ResumeState};
use crate::config::TrainConfig;
use crate::error::{Error, Result};
use crate::nn::{HostTensor, Params, Part};
use crate::ops::optimizer::{AdamStep, adam_step, grad_norm};
use crate::tensor::Tensor;
use crate::train::run::RunDir;

/// Adam's decays of the gradient's and the squared gradient's averages, and what it adds to the root of the latter.
const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// One optimizer step over the arena, on the gradient of a loss that was scaled by `scale`, which learns from it.
pub fn update(params: &Params, train: &TrainConfig, step: u64, ema: f64, scale: &mut LossScale) -> Gradient {
    let norm = grad_norm(params.flat(Part::Gradients));
    let settings = AdamStep {
        learning_rate: learning_rate(train, step) as f32,
        beta1: BETA1,
        beta2: BETA2,
        epsilon: EPSILON,
        step,
        clip: if train.clip > 0.0 { train.clip as f32 } else { f32::MAX },
        ema_decay: ema as f32,
    };
    let used = scale.scale();
    // A scale of one guards the weights against a gradient that is not finite.
    let gpu = params.flat(Part::Weights).gpu();
    let guard = (used.is_none() && train.skip_bad_steps > 0).then(|| Tensor::from_f32(gpu, &[1], &[1.0]));
    adam_step(params.arena(), &norm, used.as_ref().or(guard.as_ref()), settings);
    scale.advance(&norm);
    Gradient { norm, scale: used }
}

/// Stops a run whose losses are no numbers any more, naming the first bad parameter, or the first bad loss where the
/// parameters are still good.
///
/// # Errors
/// [`Error::NotFinite`], or a failure of the device.
pub fn check_finite(numbers: &[(String, f64)], params: &Params, step: u64, run: &RunDir) -> Result<()> {
    let Some((name, _)) = numbers.iter().find(|(_, number)| !number.is_finite()) else { return Ok(()) };
    let tensor = params.first_non_finite()?.unwrap_or_else(|| format!("the loss `{name}`"));
    Err(Error::NotFinite { step, tensor, resumable: run.has_checkpoint() })
}

/// Stops a run whose weights or codes are no numbers any more, before they take the place of the last good checkpoint.
///
/// # Errors
/// [`Error::NotFinite`] naming the first bad tensor.
pub fn check_finite_tensors(checkpoint: &Checkpoint, run: &RunDir) -> Result<()> {
    let bad = |(_, tensor): &(&String, &HostTensor)| tensor.data.iter().any(|value| !value.is_finite());
    match checkpoint.tensors.iter().find(bad) {
        Some((name, _)) => {
            let (step, tensor) = (checkpoint.step, name.clone());
            Err(Error::NotFinite { step, tensor, resumable: run.has_checkpoint() })
        }
        None => Ok(()),
    }
}

/// Whether something that is done every `every` steps, and at the last of `steps`, is due after `step`.
pub fn due(step: u64, every: u64, steps: u64) -> bool {
    step == steps || step.is_multiple_of(every.max(1))
}

/// The arena's parts that a resumed run needs, by the names that they have in a [`ResumeState`].
const PARTS: [(&str, Part); 4] = [
    ("weights", Part::Weights),
    ("first_moments", Part::FirstMoments),
    ("second_moments", Part::SecondMoments),
    ("ema", Part::Ema),
];

/// The optimizer's state after `step`.
///
/// # Errors
/// A failure of the device.
pub fn save_arena(params: &Params, step: u64) -> Result<ResumeState> {
    let mut state = ResumeState { step, ..ResumeState::default() };
    for (name, part) in PARTS {
        let flat = params.flat(part);
        state.tensors.insert(name.to_owned(), HostTensor::new(flat.shape(), flat.read_f32()?));
    }
    Ok(state)
}

/// Puts back what [`save_arena`] saved.
///
/// # Errors
/// A part that is missing or of another length.
pub fn load_arena(params: &Params, state: &mut ResumeState) -> Result<()> {
    for (name, part) in PARTS {
        let flat = params.flat(part);
        flat.write_f32(&state.take(name, flat.shape())?.data);
    }
    Ok(())
}
