//! The residual quantizer: codebooks on the device that follow the data.
//!
//! Its codes are not parameters: they are trained not by gradient but as moving averages of the rows that took them.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::ops::flow::ode_combine;
use crate::ops::quantize::{
    Codebooks, Quantized, TrainingQuantized, codebook_accumulate, codebook_update, nearest_code, replace_dead_codes,
    residual_quantize, residual_quantize_training,
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
    /// A code whose moving cluster size is below this is replaced by a row of the batch...
    pub dead_code_threshold: f32,
    /// ...or below this fraction of the average number of rows per code, where that is smaller.
    pub dead_code_fraction: f32,
    /// Chooses those rows.
    pub seed: u64,
}

/// L codebooks of K codes of D numbers, each level quantizing what those before it left over.
#[derive(Debug, Clone)]
pub struct ResidualQuantizer {
    /// The codes, `[L, K, D]`.
    pub books: Tensor,
    /// Moving average of how many rows of a batch take each code, `[L, K]`.
    pub cluster_size: Tensor,
    /// Moving average of the sum of those rows, `[L, K, D]`.
    pub embed_sum: Tensor,
}

impl ResidualQuantizer {
    /// Codebooks that are all zero, to be started by [`ResidualQuantizer::kmeans_init`] or read from a checkpoint.
    pub fn new(gpu: &Gpu, levels: usize, codes: usize, dimension: usize) -> Self {
        Self {
            books: Tensor::zeros(gpu, &[levels, codes, dimension]),
            cluster_size: Tensor::zeros(gpu, &[levels, codes]),
            embed_sum: Tensor::zeros(gpu, &[levels, codes, dimension]),
        }
    }

    /// A copy that stays as it is while the codebooks are trained.
    pub fn copied(&self) -> Self {
        let copied = |tensor: &Tensor| {
            let copy = Tensor::zeros(tensor.gpu(), tensor.shape());
            copy.copy_from(tensor);
            copy
        };
        Self {
            books: copied(&self.books),
            cluster_size: copied(&self.cluster_size),
            embed_sum: copied(&self.embed_sum),
        }
    }

    /// Makes the codebooks what they were when they were [`copied`](Self::copied).
    pub fn restore(&self, copy: &Self) {
        self.books.copy_from(&copy.books);
        self.cluster_size.copy_from(&copy.cluster_size);
        self.embed_sum.copy_from(&copy.embed_sum);
    }

    fn levels_and_codes(&self) -> (usize, usize) {
        (self.books.shape()[0], self.books.shape()[1])
    }

    fn codebooks(&self) -> Codebooks<'_> {
        Codebooks { codes: &self.books, sizes: &self.cluster_size, sums: &self.embed_sum }
    }

    /// Quantizes rows `[.., D]`.
    #[track_caller]
    pub fn quantize(&self, rows: &Tensor) -> Quantized {
        residual_quantize(rows, &self.books)
    }

    /// Quantizes rows `[.., D]` with the codebooks as they are, then moves these towards the rows and replaces dead codes.
    ///
    /// The commitment values of the levels add up to the loss; their gradient is that of the loss to the rows.
    #[track_caller]
    pub fn train_step(&self, rows: &Tensor, settings: &QuantizerSettings, step: u64) -> TrainingQuantized {
        let (levels, codes) = self.levels_and_codes();
        let quantized = residual_quantize_training(rows, &self.books, settings.commitment / levels as f32);
        let (counts, sums) = codebook_accumulate(&quantized.residuals, &quantized.quantized.indices, codes);
        codebook_update(self.codebooks(), &counts, &sums, settings.decay, settings.epsilon);
        let average = rows.rows() as f32 / codes as f32;
        let threshold = settings.dead_code_threshold.min(settings.dead_code_fraction * average);
        replace_dead_codes(self.codebooks(), &quantized.residuals, threshold, settings.seed, step);
        quantized
    }

    /// Starts the codebooks from a first batch of rows `[.., D]`, level by level: random rows, then `iterations` rounds of
    /// Lloyd's algorithm (k-means) on what the levels before left over. A code that no row takes stays where it is.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn kmeans_init(&self, rows: &Tensor, iterations: usize, rng: &mut Philox) -> Result<()> {
        let (levels, codes) = self.levels_and_codes();
        let mut left = rows.reshape(&[1, rows.rows(), rows.channels()]);
        let [mut books, mut sizes, mut sums] = [const { Vec::new() }; 3];
        for _ in 0..levels {
            let level = Self::kmeans(&left, codes, iterations, rng)?;
            books.extend(level.books.read_f32()?);
            sizes.extend(level.cluster_size.read_f32()?);
            sums.extend(level.embed_sum.read_f32()?);
            left = ode_combine(&left, &[(&level.quantize(&left).sum, -1.0)]);
        }
        self.books.write_f32(&books);
        self.cluster_size.write_f32(&sizes);
        self.embed_sum.write_f32(&sums);
        Ok(())
    }

    /// A single level for rows `[1, N, D]`.
    fn kmeans(rows: &Tensor, codes: usize, iterations: usize, rng: &mut Philox) -> Result<Self> {
        let d = rows.channels();
        let level = Self::new(rows.gpu(), 1, codes, d);
        let book = level.books.reshape(&[codes, d]);
        book.write_f32(&random_rows(&rows.read_f32()?, d, codes, rng));
        // Without memory and smoothing a code becomes the mean of its rows; the last round also leaves sizes and sums.
        for _ in 0..=iterations {
            let (counts, sums) = codebook_accumulate(rows, &nearest_code(rows, &book), codes);
            codebook_update(level.codebooks(), &counts, &sums, 0.0, 0.0);
        }
        Ok(level)
    }
}

/// `count` of the rows of `d` numbers, none twice unless there are fewer rows than that.
fn random_rows(rows: &[f32], d: usize, count: usize, rng: &mut Philox) -> Vec<f32> {
    let mut order: Vec<usize> = (0..rows.len() / d).collect();
    rng.shuffle(&mut order);
    order.iter().cycle().take(count).flat_map(|&row| &rows[row * d..(row + 1) * d]).copied().collect()
}

/// How well the codes of a level are used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CodebookUse {
    /// Fraction of the codes that some row took.
    pub fraction: f64,
    /// The exponential of the entropy of the codes taken: as many codes, equally often taken, would carry as much.
    pub perplexity: f64,
}

impl CodebookUse {
    /// The use of each level's `codes` codes by quantized rows, from their indices `[N, L]`.
    pub fn of(indices: &[u32], levels: usize, codes: usize) -> Vec<Self> {
        code_counts(indices, levels, codes).iter().map(|counts| Self::of_counts(counts)).collect()
    }

    /// The use of one level's codes, from how often each was taken.
    pub fn of_counts(counts: &[u64]) -> Self {
        let rows = counts.iter().sum::<u64>().max(1) as f64;
        let taken = counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / rows);
        let entropy: f64 = taken.clone().map(|p| -p * p.ln()).sum();
        Self { fraction: taken.count() as f64 / counts.len() as f64, perplexity: entropy.exp() }
    }
}

/// How often each of the `codes` codes of each level was taken, from the rows' indices `[N, L]`.
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
    fn use_of_codes_known_by_hand() {
        let found = CodebookUse::of(&[0, 1, 1, 1, 0, 1, 1, 1], 2, 4);
        assert_eq!((found[0].fraction, found[1].fraction), (0.5, 0.25));
        assert!((found[0].perplexity - 2.0).abs() < 1e-12 && (found[1].perplexity - 1.0).abs() < 1e-12);
    }

    #[test]
    fn random_rows_repeat_only_when_they_must() {
        let rows = [1.0, 2.0, 3.0];
        let mut drawn = random_rows(&rows, 1, 3, &mut Philox::new(1, 0));
        drawn.sort_by(f32::total_cmp);
        assert_eq!(drawn, rows);
        assert_eq!(random_rows(&rows, 1, 7, &mut Philox::new(1, 0)).len(), 7);
    }
}
