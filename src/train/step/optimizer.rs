//! The optimizer step shared by both networks: Adam (Kingma and Ba 2014, arXiv 1412.6980) over the arena, with the loss scale
//! of f16 and with skipping.

use super::{Gradient, LossScale, Skips, learning_rate};
use crate::checkpoint::ResumeState;
use crate::config::TrainConfig;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::{HostTensor, Params, Part};
use crate::ops::optimizer::{AdamStep, UNCLIPPED, adam_step, grad_norm};
use crate::tensor::Tensor;
use crate::train::parts::Errors;

/// Adam's decay rate of the first moments, and the term that keeps its division finite.
const BETA1: f32 = 0.9;
const EPSILON: f32 = 1e-8;

/// The parts of the arena that resuming needs, by their names in a [`ResumeState`].
const PARTS: [(&str, Part); 4] = [
    ("weights", Part::Weights),
    ("first_moments", Part::FirstMoments),
    ("second_moments", Part::SecondMoments),
    ("ema", Part::Ema),
];

/// The optimizer of a training run. The moments are in the arena.
pub struct Optimizer {
    /// The scale of the loss in f16.
    pub scale: LossScale,
    /// The skipped steps.
    pub skips: Skips,
    /// The rounding errors of an exchange in f16. They are saved by all ranks together.
    pub errors: Errors,
}

impl Optimizer {
    /// The optimizer of a new run.
    ///
    /// # Errors
    /// f16 on an adapter without it.
    pub fn new(gpu: &Gpu, train: &TrainConfig) -> Result<Self> {
        let scale = LossScale::new(gpu, train.precision)?;
        Ok(Self { scale, skips: Skips::new(train.skip_bad_steps), errors: Errors::default() })
    }

    /// One step over the arena, with the gradient of the scaled loss. The EMA of the weights decays by `ema_decay`.
    ///
    /// # Errors
    /// A gradient that is not finite after as many skipped steps as are allowed; a failure of the device.
    pub fn step(&mut self, params: &Params, train: &TrainConfig, step: u64, ema_decay: f64) -> Result<Gradient> {
        let gpu = params.flat(Part::Weights).gpu();
        let norm = grad_norm(params.flat(Part::Gradients));
        let settings = AdamStep {
            learning_rate: learning_rate(train, step) as f32,
            beta1: BETA1,
            beta2: train.beta2 as f32,
            epsilon: EPSILON,
            step,
            clip: if train.clip > 0.0 { train.clip as f32 } else { UNCLIPPED },
            ema_decay: ema_decay as f32,
        };
        let scale = self.scale.scale();
        // Adam with a scale changes nothing if the norm is not finite. To skip steps in f32, the scale is 1.
        let one = (scale.is_none() && self.skips.are_allowed()).then(|| Tensor::from_f32(gpu, &[1], &[1.0]));
        // Without decay the EMA would be the weights. An old run of a codec has one nevertheless.
        let arena = params.arena(ema_decay > 0.0 || params.has_ema());
        adam_step(arena, &norm, scale.as_ref().or(one.as_ref()), settings);
        self.scale.advance(&norm);
        let mut gradient = Gradient { norm, scale, skipped: None };
        if !self.skips.are_allowed() {
            // The device computes this step while the next is recorded.
            gpu.flush()?;
        } else if !gradient.is_usable()? {
            self.skips.count(step, params)?;
            gradient.skipped = Some(self.skips);
        }
        Ok(gradient)
    }

    /// The state of the optimizer and the arena after `step`.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn save(&self, params: &Params, step: u64) -> Result<ResumeState> {
        let mut state = ResumeState { step, ..ResumeState::default() };
        for (name, part) in PARTS.into_iter().filter(|&(_, part)| part != Part::Ema || params.has_ema()) {
            let flat = params.flat(part);
            state.tensors.insert(name.to_owned(), HostTensor::new(flat.shape(), flat.read_f32()?));
        }
        self.scale.save(&mut state)?;
        self.skips.save(&mut state);
        Ok(state)
    }

    /// Restores what [`save`](Self::save) saved.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape.
    pub fn load(&mut self, params: &Params, state: &mut ResumeState) -> Result<()> {
        for (name, part) in PARTS {
            if part == Part::Ema && !state.tensors.contains_key(name) {
                continue;
            }
            let flat = params.flat(part);
            flat.write_f32(&state.take(name, flat.shape())?.data);
        }
        self.scale.load(state)?;
        self.skips.load(state);
        self.errors.load(state, params.flat(Part::Gradients).len())
    }
}
