//! The section `train:`: optimizer, schedule, and intervals of validation and logging.

use serde::{Deserialize, Serialize};

/// Schedule of the learning rate after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Constant.
    Constant,
    /// Half a cosine, falling to 0.
    Cosine,
}

/// Storage format of activations and their gradients in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floating point throughout.
    F32,
    /// 16-bit activations, gradients of activations and copies of the weights; 32-bit sums, master weights and optimizer
    /// state.
    F16,
}

/// Format in which gradients are added over ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeFormat {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point. The rounding error of a step is added to the next one.
    F16,
}

/// Training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Optimizer steps.
    pub steps: u64,
    /// Windows (codec) or latents (flow) per step.
    pub batch: usize,
    /// Equal parts in which the batch of a step is computed, and their gradients added, in an order that depends on nothing else. More
    /// parts need less memory.
    pub micro_batches: usize,
    /// Format in which gradients are added over ranks. f16 rounds in the same way on one rank.
    pub exchange: ExchangeFormat,
    /// Messages of a step with `exchange: f16`, a divisor of `micro_batches`. Each is the sum of equally many parts, and is rounded. 0 is a
    /// message of each part.
    pub messages: usize,
    /// Seed of initial weights, windows and noise; see [`rng`](crate::rng).
    pub seed: u64,
    /// Peak learning rate of Adam.
    pub learning_rate: f64,
    /// Adam's decay of the second moments. The smaller it is, the sooner a step is scaled by the recent gradients.
    pub beta2: f64,
    /// Schedule of the learning rate after the warm-up.
    pub schedule: ScheduleKind,
    /// Steps of linear warm-up of the learning rate from 0.
    pub warmup: u64,
    /// Limit on the norm of the gradient of all parameters; 0 is no clipping.
    pub clip: f64,
    /// Number of steps with a non-finite gradient that a training run skips; one more ends it. Above 0 the norm of the
    /// gradient is read back after every step, which takes time.
    pub skip_bad_steps: u64,
    /// Decay of the exponential moving average (EMA) of a flow's weights, which is validated, saved and sampled. Unused by
    /// codecs.
    pub ema: f64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Number of latest checkpoints to keep, with the step in their names if more than one. The best one is kept as well.
    pub keep_last: usize,
    /// Steps between validations, each of a saved checkpoint. There are at least five, and the first is early.
    pub validate_every: u64,
    /// Steps between entries of the log.
    pub log_every: u64,
    /// Storage format of activations and their gradients.
    pub precision: Precision,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 10_000,
            batch: 16,
            micro_batches: 1,
            exchange: ExchangeFormat::F32,
            messages: 0,
            seed: 0,
            learning_rate: 1e-3,
            beta2: 0.999,
            schedule: ScheduleKind::Cosine,
            warmup: 100,
            clip: 1.0,
            skip_bad_steps: 0,
            ema: 0.999,
            checkpoint_every: 500,
            keep_last: 1,
            validate_every: 500,
            log_every: 10,
            precision: Precision::F32,
        }
    }
}
