//! Standardisation of channels by running statistics (batch normalisation without scale and shift: Ioffe and Szegedy 2015, arXiv
//! 1502.03167).
//!
//! A training step standardises by the statistics of its batch, and the gradient passes through them: otherwise a larger
//! deviation would seem to reduce noise that is relative to it, and the latents would grow. Everything else standardises by the
//! moving averages of these statistics.

use crate::gpu::Gpu;
use crate::ops::flow::{ode_combine, standardise};
use crate::ops::norm::{Args, GroupNorm, group_norm};
use crate::ops::reduce::column_statistics;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Weight of a batch in the moving averages.
const MOMENTUM: f32 = 0.02;
/// Added to the deviations, so that a constant channel is not divided by 0.
const LEAST: f32 = 1e-4;

/// Moving averages of each channel's mean and standard deviation over the training batches.
#[derive(Debug, Clone)]
pub struct RunningStatistics {
    /// `[C]`.
    pub mean: Tensor,
    /// `[C]`, above 0.
    pub deviation: Tensor,
}

impl RunningStatistics {
    /// Means of 0 and deviations of 1, to be initialised by [`initialise`](Self::initialise) or read from a checkpoint.
    pub fn new(gpu: &Gpu, channels: usize) -> Self {
        Self { mean: Tensor::zeros(gpu, &[channels]), deviation: ones(gpu, channels) }
    }

    /// The statistics of a first batch `[.., C]`.
    #[track_caller]
    pub fn initialise(&self, x: &Tensor) {
        self.follow(&Moments::of(x), 1, 1.0);
    }

    /// `x [.., C]` standardised by its own statistics, towards which the averages move.
    #[track_caller]
    pub fn train_step(&self, tape: &Tape, x: &Var) -> Var {
        self.move_towards(&Moments::of(&x.value), 1);
        standardised(tape, x)
    }

    /// Moves the averages towards the statistics of a training batch: the mean of those of its parts, given their sum.
    pub fn move_towards(&self, sum: &Moments, parts: usize) {
        self.follow(sum, parts, MOMENTUM);
    }

    /// `x [.., C]` standardised by the moving averages.
    #[track_caller]
    pub fn standardise(&self, x: &Tensor) -> Tensor {
        standardise(x, &self.mean, &self.deviation)
    }

    /// Moves the averages by the share `weight` to the mean of the statistics of `parts` parts, given their sum.
    fn follow(&self, sum: &Moments, parts: usize, weight: f32) {
        let moved =
            |average: &Tensor, sum: &Tensor| ode_combine(average, &[(sum, weight / parts as f32), (average, -weight)]);
        self.mean.copy_from(&moved(&self.mean, &sum.mean));
        self.deviation.copy_from(&moved(&self.deviation, &sum.deviation));
    }
}

/// Mean and standard deviation of each channel of a batch, or the sums of those of its parts.
#[derive(Debug, Clone)]
pub struct Moments {
    /// `[C]`.
    pub mean: Tensor,
    /// `[C]`, above 0.
    pub deviation: Tensor,
}

impl Moments {
    /// Those of `x [.., C]`.
    #[track_caller]
    pub fn of(x: &Tensor) -> Self {
        let (mean, deviation) = column_statistics(x);
        let least = ones(x.gpu(), x.channels());
        Self { mean, deviation: ode_combine(&deviation, &[(&least, LEAST)]) }
    }
}

/// `x [.., C]` standardised by its own statistics.
#[track_caller]
pub fn standardised(tape: &Tape, x: &Var) -> Var {
    // A group norm of a single sample, each channel a group.
    let channels = x.value.channels();
    let batch = tape.reshape(x, &[1, x.value.rows(), 1, channels]);
    let [gamma, beta] = [ones(x.gpu(), channels), Tensor::zeros(x.gpu(), &[channels])].map(Var::constant);
    let args = Args { x: &batch, gamma: &gamma, beta: &beta, modulation: None, residual: None };
    let settings = GroupNorm { groups: channels, eps: LEAST * LEAST, silu: false };
    tape.reshape(&group_norm(tape, args, &settings), x.shape())
}

fn ones(gpu: &Gpu, channels: usize) -> Tensor {
    Tensor::from_f32(gpu, &[channels], &vec![1.0; channels])
}
