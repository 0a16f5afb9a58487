//! Random numbers as functions of a seed and an index: Gaussian noise and dropout masks.

use std::f64::consts::TAU;

use super::Array;
use crate::rng::philox;

/// A 64-bit number as two words, low word first.
fn words(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// A word as a number in the open interval (0, 1), with 24 bits.
fn uniform(word: u32) -> f64 {
    (f64::from(word >> 8) + 0.5) / f64::from(1u32 << 24)
}

/// Standard normal noise `[samples, elements]` for the samples `first..first + samples` of a seed.
///
/// Elements 4b to 4b + 3 of sample i use the Philox words of key `seed` and counter `[b, 0, i low, i high]` in pairs: with u
/// and v the uniform numbers of a pair, the elements are `sqrt(-2 ln u)` times `cos 2 pi v` and `sin 2 pi v` (Box and Muller
/// 1958). So sample i of a seed is the same in any batch.
pub fn philox_normal(seed: u64, first: u64, samples: usize, elements: usize) -> Array {
    let mut y = Array::zeros(&[samples, elements]);
    for n in 0..samples {
        let [low, high] = words(first + n as u64);
        for (block, elements) in y.row_mut(n).chunks_mut(4).enumerate() {
            let random = philox([block as u32, 0, low, high], words(seed));
            for (pair, elements) in elements.chunks_mut(2).enumerate() {
                let radius = (-2.0 * uniform(random[2 * pair]).ln()).sqrt();
                let (sin, cos) = (TAU * uniform(random[2 * pair + 1])).sin_cos();
                elements.iter_mut().zip([cos, sin]).for_each(|(y, x)| *y = radius * x);
            }
        }
    }
    y
}

/// A dropout mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Probability of dropping, in [0, 1).
    pub rate: f64,
    /// Key of Philox.
    pub seed: u64,
    /// Distinguishes the masks of one seed.
    pub stream: u32,
    /// Whether each channel of a sample is kept or dropped as a whole.
    pub by_channel: bool,
}

impl Dropout {
    /// The factor of element `e`: `1 / (1 - rate)` if its uniform number is at least `rate`, otherwise 0.
    ///
    /// The number is word `e % 4` of key `seed` and counter `[e / 4 low, e / 4 high, stream, 0]`.
    fn factor(&self, e: usize) -> f64 {
        let [low, high] = words(e as u64 / 4);
        let random = philox([low, high, self.stream, 0], words(self.seed));
        if uniform(random[e % 4]) >= self.rate { 1.0 / (1.0 - self.rate) } else { 0.0 }
    }
}

/// Dropout of x `[N, .., C]` (Srivastava et al. 2014), scaled to preserve the mean. A dropped element is 0, even if it was NaN.
///
/// The mask is indexed by element, or by `n C + c` if `by_channel` (Tompson et al. 2015).
pub fn dropout_fwd(x: &Array, dropout: &Dropout) -> Array {
    let (channels, per_sample) = (x.channels(), x.len() / x.shape[0]);
    let mut y = x.clone();
    for (e, value) in y.data.iter_mut().enumerate() {
        let index = if dropout.by_channel { e / per_sample * channels + e % channels } else { e };
        let factor = dropout.factor(index);
        *value = if factor == 0.0 { 0.0 } else { factor * *value };
    }
    y
}

/// Gradient of [`dropout_fwd`]: the same mask applied to `dy`.
pub fn dropout_bwd(dy: &Array, dropout: &Dropout) -> Array {
    dropout_fwd(dy, dropout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{gradient_check::check, mean};

    #[test]
    fn a_sample_is_the_same_in_any_batch() {
        let batch = philox_normal(5, 10, 4, 7);
        for n in 0..4 {
            assert_eq!(batch.row(n), philox_normal(5, 10 + n as u64, 1, 7).data);
        }
        assert_ne!(batch.row(0), batch.row(1));
        assert_ne!(batch.row(0), philox_normal(6, 10, 1, 7).row(0));
    }

    #[test]
    fn noise_has_its_moments() {
        let x = philox_normal(1, 0, 10, 1000);
        let moment = |power| mean(&x.map(|x| x.powi(power)));
        assert!(moment(1).abs() < 0.03 && (moment(2) - 1.0).abs() < 0.05 && (moment(4) - 3.0).abs() < 0.3);
    }

    #[test]
    fn dropout_keeps_the_mean_and_drops_the_rate() {
        let y =
            dropout_fwd(&Array::full(&[4, 50, 25], 1.0), &Dropout { rate: 0.3, seed: 1, stream: 2, by_channel: false });
        let dropped = y.data.iter().filter(|&&y| y == 0.0).count() as f64 / y.len() as f64;
        assert!((dropped - 0.3).abs() < 0.03 && (mean(&y) - 1.0).abs() < 0.05);
    }

    #[test]
    fn by_channel_a_channel_is_dropped_as_a_whole() {
        let y =
            dropout_fwd(&Array::full(&[3, 4, 20], 1.0), &Dropout { rate: 0.5, seed: 1, stream: 2, by_channel: true });
        for n in 0..3 {
            assert!((1..4).all(|p| y.row(4 * n + p) == y.row(4 * n)));
        }
        assert_ne!(y.row(0), y.row(4));
    }

    #[test]
    fn dropout_gradients() {
        let (x, dy) = (Array::random(&[2, 3, 4], 1), Array::random(&[2, 3, 4], 2));
        for by_channel in [false, true] {
            let dropout = Dropout { rate: 0.4, seed: 3, stream: 1, by_channel };
            check(&x, &dropout_bwd(&dy, &dropout), &dy, |x| dropout_fwd(x, &dropout));
        }
    }
}
