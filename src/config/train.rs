//! The section `train:`: optimizer, schedule, and how often to look.

use serde::{Deserialize, Serialize};

/// The learning rate after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Stays where it is.
    Constant,
    /// Falls to zero along half a cosine.
    Cosine,
}

/// The format in which a training stores what it computes on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floating point throughout.
    F32,
    /// Activations, their gradients and the weights that products take in 16 bits; sums, weights and optimizer in 32.
    F16,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Optimizer steps.
    pub steps: u64,
    /// Windows (codec) or latents (flow) per step.
    pub batch: usize,
    /// Seed of weights, windows, noise.
    pub seed: u64,
    /// Peak learning rate of Adam.
    pub learning_rate: f64,
    /// The learning rate after the warm-up.
    pub schedule: ScheduleKind,
    /// Steps over which the learning rate rises from 0.
    pub warmup: u64,
    /// Largest norm of the whole gradient; 0 is no clipping.
    pub clip: f64,
    /// So many steps of a run may be left out because their gradient is not finite; one more ends it. Their gradient is read
    /// back after every step, which takes time.
    pub skip_bad_steps: u64,
    /// Decay of the weights' moving average, which is what of a flow is validated, saved and sampled. A codec has none.
    pub ema: f64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Checkpoints that stay, each under a name with its step where there are several; the best one stays beside them.
    pub keep_last: usize,
    /// Steps between validations, each of a checkpoint.
    pub validate_every: u64,
    /// Steps between lines in the log.
    pub log_every: u64,
    /// The format in which activations and their gradients are stored.
    pub precision: Precision,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 10_000,
            batch: 16,
            seed: 0,
            learning_rate: 1e-3,
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
