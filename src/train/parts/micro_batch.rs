//! One part of a step's batch.

use std::ops::Range;

use crate::config::TrainConfig;
use crate::ops::elementwise::scaled;
use crate::tensor::Tensor;

/// Distance of the seeds of two parts, far above the number of steps.
const SEEDS_APART: u64 = 1 << 40;

/// One of the `train.micro_batches` equal parts of a step's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MicroBatch {
    /// Its number, from 0.
    pub index: usize,
    /// The number of parts.
    pub parts: usize,
    /// Windows or latents in it.
    pub size: usize,
}

impl MicroBatch {
    /// The part of this number.
    pub fn new(train: &TrainConfig, index: usize) -> Self {
        Self { index, parts: train.micro_batches, size: train.batch / train.micro_batches }
    }

    /// All parts of a batch.
    pub fn all(train: &TrainConfig) -> impl Iterator<Item = Self> + use<'_> {
        (0..train.micro_batches).map(|index| Self::new(train, index))
    }

    /// Its places in the batch.
    pub fn range(self) -> Range<usize> {
        self.index * self.size..(self.index + 1) * self.size
    }

    /// The seed of its dropout and decoder noise.
    pub fn seed(self, seed: u64, step: u64) -> u64 {
        seed.wrapping_add(step).wrapping_add(self.index as u64 * SEEDS_APART)
    }

    /// The gradient of the batch's mean loss, given that of the part's.
    pub fn share(self, gradient: Tensor) -> Tensor {
        if self.parts == 1 {
            return gradient;
        }
        scaled(&gradient, &Tensor::from_f32(gradient.gpu(), &[1], &[1.0 / self.parts as f32]))
    }

    /// Its samples of a batch `[N, ..]`.
    pub fn of(self, batch: &Tensor) -> Tensor {
        if self.parts == 1 {
            return batch.clone();
        }
        let mut shape = batch.shape().to_vec();
        shape[0] = self.size;
        // A copy, since a binding has to be aligned.
        let part = Tensor::empty_like(batch, &shape);
        part.copy_from(&batch.view(self.index * part.len(), &shape));
        part
    }
}
