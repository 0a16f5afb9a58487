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
        self.follow(x, 1.0);
    }

    /// `x [.., C]` standardised by its own statistics, towards which the averages move.
    #[track_caller]
    pub fn train_step(&self, tape: &Tape, x: &Var) -> Var {
        self.follow(&x.value, MOMENTUM);
        // A group norm of a single sample, each channel a group.
        let channels = x.value.channels();
        let batch = tape.reshape(x, &[1, x.value.rows(), 1, channels]);
        let [gamma, beta] = [ones(x.gpu(), channels), Tensor::zeros(x.gpu(), &[channels])].map(Var::constant);
        let args = Args { x: &batch, gamma: &gamma, beta: &beta, modulation: None, residual: None };
        let settings = GroupNorm { groups: channels, eps: LEAST * LEAST, silu: false };
        tape.reshape(&group_norm(tape, args, &settings), x.shape())
    }

    /// `x [.., C]` standardised by the moving averages.
    #[track_caller]
    pub fn standardise(&self, x: &Tensor) -> Tensor {
        standardise(x, &self.mean, &self.deviation)
    }

    /// A copy that training does not change.
    pub fn copied(&self) -> Self {
        let copy = Self::new(self.mean.gpu(), self.mean.len());
        copy.restore(self);
        copy
    }

    /// Restores the averages from a [`copied`](Self::copied) state.
    pub fn restore(&self, copy: &Self) {
        self.mean.copy_from(&copy.mean);
        self.deviation.copy_from(&copy.deviation);
    }

    /// Moves the averages to the statistics of `x` by the share `weight`.
    fn follow(&self, x: &Tensor, weight: f32) {
        let (mean, deviation) = column_statistics(x);
        let least = ones(x.gpu(), x.channels());
        let moved = |average: &Tensor, value: &Tensor| ode_combine(average, &[(value, weight), (average, -weight)]);
        self.mean.copy_from(&moved(&self.mean, &mean));
        self.deviation.copy_from(&moved(&self.deviation, &ode_combine(&deviation, &[(&least, LEAST)])));
    }
}

fn ones(gpu: &Gpu, channels: usize) -> Tensor {
    Tensor::from_f32(gpu, &[channels], &vec![1.0; channels])
}
