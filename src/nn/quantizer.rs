//! The residual quantizer.
//!
//! Its codes are not parameters: they are trained not by a gradient but as moving averages of the vectors assigned to them.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::ops::flow::ode_combine;
use crate::ops::quantize::{
    Among, Codebooks, Quantized, TrainingQuantized, codebook_accumulate, codebook_update, draw_vectors, nearest_code,
    replace_dead_codes, residual_quantize, residual_quantize_training,
};
use crate::rng::Philox;
use crate::tensor::Tensor;
use serde::Serialize;

/// How a [`ResidualQuantizer`] is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantizerSettings {
    /// Decay of the moving averages.
    pub decay: f32,
    /// Laplace smoothing of the cluster sizes.
    pub epsilon: f32,
    /// Weight of the commitment loss, a mean over levels.
    pub commitment: f32,
    /// Cluster size below which a code is dead and is replaced by a vector of the batch...
    pub dead_code_threshold: f32,
    /// ...unless this fraction of the mean number of vectors per code is smaller, which is then the threshold.
    pub dead_code_fraction: f32,
    /// Seed of the choice of these vectors.
    pub seed: u64,
}

/// What the codebooks follow of a batch, or of a part of it: sums over the vectors, so that those of the parts are added.
#[derive(Debug, Clone)]
pub struct CodebookSums {
    /// The number of vectors that are assigned to each code, `[L, K]`.
    pub counts: Tensor,
    /// The sum of these vectors, `[L, K, D]`.
    pub sums: Tensor,
    /// The vector of the batch that replaces each code if it is dead, `[L, K, D]`; zeros if it is of another part.
    pub drawn: Tensor,
}

/// L codebooks of K codes of dimension D. Each level quantizes the residual of the levels before it.
#[derive(Debug, Clone)]
pub struct ResidualQuantizer {
    /// The codes, `[L, K, D]`.
    pub books: Tensor,
    /// Moving average of the number of vectors of a batch that are assigned to each code, `[L, K]`.
    pub cluster_size: Tensor,
    /// Moving average of the sum of those vectors, `[L, K, D]`.
    pub embed_sum: Tensor,
}

impl ResidualQuantizer {
    /// Codebooks of zeros, to be initialised by [`ResidualQuantizer::kmeans_init`] or read from a checkpoint.
    pub fn new(gpu: &Gpu, levels: usize, codes: usize, dimension: usize) -> Self {
        Self {
            books: Tensor::zeros(gpu, &[levels, codes, dimension]),
            cluster_size: Tensor::zeros(gpu, &[levels, codes]),
            embed_sum: Tensor::zeros(gpu, &[levels, codes, dimension]),
        }
    }

    fn levels_and_codes(&self) -> (usize, usize) {
        (self.books.shape()[0], self.books.shape()[1])
    }

    fn codebooks(&self) -> Codebooks<'_> {
        Codebooks { codes: &self.books, sizes: &self.cluster_size, sums: &self.embed_sum }
    }

    /// Quantizes vectors `[.., D]`.
    #[track_caller]
    pub fn quantize(&self, vectors: &Tensor) -> Quantized {
        residual_quantize(vectors, &self.books)
    }

    /// Quantizes vectors `[.., D]`, with the commitment loss.
    #[track_caller]
    pub fn quantize_with_loss(&self, vectors: &Tensor, settings: &QuantizerSettings) -> TrainingQuantized {
        let (levels, _) = self.levels_and_codes();
        residual_quantize_training(vectors, &self.books, settings.commitment / levels as f32)
    }

    /// Quantizes vectors `[.., D]` with the current codebooks, then moves these towards the vectors and replaces dead codes.
    ///
    /// The commitment loss is the sum of the levels' values, and its gradient at the vectors is `commitment_gradient`.
    #[track_caller]
    pub fn train_step(&self, vectors: &Tensor, settings: &QuantizerSettings, step: u64) -> TrainingQuantized {
        let quantized = self.quantize_with_loss(vectors, settings);
        let all = vectors.rows();
        self.follow(&self.sums(&quantized, Among { first: 0, all }, settings, step), all, settings);
        quantized
    }

    /// What the codebooks follow of quantized vectors, which are `among` those of the batch of a step.
    pub fn sums(
        &self,
        quantized: &TrainingQuantized,
        among: Among,
        settings: &QuantizerSettings,
        step: u64,
    ) -> CodebookSums {
        let (_, codes) = self.levels_and_codes();
        let (counts, sums) = codebook_accumulate(&quantized.residuals, &quantized.quantized.indices, codes);
        let drawn = draw_vectors(&quantized.residuals, codes, among, settings.seed, step);
        CodebookSums { counts, sums, drawn }
    }

    /// Moves the codebooks towards a batch of `vectors` vectors, and replaces dead codes.
    pub fn follow(&self, batch: &CodebookSums, vectors: usize, settings: &QuantizerSettings) {
        let (_, codes) = self.levels_and_codes();
        codebook_update(self.codebooks(), &batch.counts, &batch.sums, settings.decay, settings.epsilon);
        let mean = vectors as f32 / codes as f32;
        let threshold = settings.dead_code_threshold.min(settings.dead_code_fraction * mean);
        replace_dead_codes(self.codebooks(), &batch.drawn, threshold);
    }

    /// Initialises the codebooks from a batch of vectors `[.., D]`, level by level: random vectors, then `iterations` rounds of
    /// Lloyd's algorithm (k-means) on the residuals of the levels before. A code without vectors is unchanged.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn kmeans_init(&self, vectors: &Tensor, iterations: usize, rng: &mut Philox) -> Result<()> {
        let (levels, codes) = self.levels_and_codes();
        let mut residuals = vectors.reshape(&[1, vectors.rows(), vectors.channels()]);
        let [mut books, mut sizes, mut sums] = [const { Vec::new() }; 3];
        for _ in 0..levels {
            let level = Self::kmeans(&residuals, codes, iterations, rng)?;
            books.extend(level.books.read_f32()?);
            sizes.extend(level.cluster_size.read_f32()?);
            sums.extend(level.embed_sum.read_f32()?);
            residuals = ode_combine(&residuals, &[(&level.quantize(&residuals).sum, -1.0)]);
        }
        self.books.write_f32(&books);
        self.cluster_size.write_f32(&sizes);
        self.embed_sum.write_f32(&sums);
        Ok(())
    }

    /// A single level for vectors `[1, N, D]`.
    fn kmeans(vectors: &Tensor, codes: usize, iterations: usize, rng: &mut Philox) -> Result<Self> {
        let d = vectors.channels();
        let level = Self::new(vectors.gpu(), 1, codes, d);
        let book = level.books.reshape(&[codes, d]);
        book.write_f32(&random_vectors(&vectors.read_f32()?, d, codes, rng));
        // With decay and smoothing 0 a code becomes the mean of its vectors. One more round computes the final sizes and sums.
        for _ in 0..=iterations {
            let (counts, sums) = codebook_accumulate(vectors, &nearest_code(vectors, &book), codes);
            codebook_update(level.codebooks(), &counts, &sums, 0.0, 0.0);
        }
        Ok(level)
    }
}

/// `count` of the vectors of dimension `d`, without repetition unless there are fewer.
fn random_vectors(vectors: &[f32], d: usize, count: usize, rng: &mut Philox) -> Vec<f32> {
    let mut order: Vec<usize> = (0..vectors.len() / d).collect();
    rng.shuffle(&mut order);
    order.iter().cycle().take(count).flat_map(|&n| &vectors[n * d..(n + 1) * d]).copied().collect()
}

/// Use of the codes of a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CodebookUse {
    /// Fraction of the codes with at least one vector.
    pub fraction: f64,
    /// The exponential of the entropy of the codes: the number of equally frequent codes of the same entropy.
    pub perplexity: f64,
}

impl CodebookUse {
    /// The use of each level's `codes` codes, from the indices `[N, L]` of quantized vectors.
    pub fn of(indices: &[u32], levels: usize, codes: usize) -> Vec<Self> {
        code_counts(indices, levels, codes).iter().map(|counts| Self::of_counts(counts)).collect()
    }

    /// The use of one level's codes, from the number of vectors per code.
    pub fn of_counts(counts: &[u64]) -> Self {
        let vectors = counts.iter().sum::<u64>().max(1) as f64;
        let used = counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / vectors);
        let entropy: f64 = used.clone().map(|p| -p * p.ln()).sum();
        Self { fraction: used.count() as f64 / counts.len() as f64, perplexity: entropy.exp() }
    }
}

/// The number of vectors per code for each level, from the vectors' indices `[N, L]`.
pub fn code_counts(indices: &[u32], levels: usize, codes: usize) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; codes]; levels];
    for (i, &code) in indices.iter().enumerate() {
        counts[i % levels][code as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_use_matches_hand_computation() {
        let found = CodebookUse::of(&[0, 1, 1, 1, 0, 1, 1, 1], 2, 4);
        assert_eq!((found[0].fraction, found[1].fraction), (0.5, 0.25));
        assert!((found[0].perplexity - 2.0).abs() < 1e-12 && (found[1].perplexity - 1.0).abs() < 1e-12);
    }

    #[test]
    fn random_vectors_repeat_only_if_there_are_too_few() {
        let vectors = [1.0, 2.0, 3.0];
        let mut drawn = random_vectors(&vectors, 1, 3, &mut Philox::new(1, 0));
        drawn.sort_by(f32::total_cmp);
        assert_eq!(drawn, vectors);
        assert_eq!(random_vectors(&vectors, 1, 7, &mut Philox::new(1, 0)).len(), 7);
    }
}
