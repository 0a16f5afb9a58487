//! The factor that gives noise a covariance between bars.

/// A lower triangular matrix L `[bars, bars]` with L L^T the covariance of the bars' noise: bar i of the shared noise is the sum
/// over j of L_ij times bar j of independent noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixing {
    bars: usize,
    factor: Vec<f32>,
}

impl Mixing {
    /// The Cholesky factor of a covariance `[bars, bars]`.
    ///
    /// # Panics
    /// If it is not a square matrix or not positive definite.
    #[track_caller]
    pub fn of(covariance: &[f64]) -> Self {
        let bars = covariance.len().isqrt();
        assert_eq!(bars * bars, covariance.len(), "a covariance is square");
        let mut factor = vec![0.0f64; bars * bars];
        for i in 0..bars {
            for j in 0..=i {
                let sum: f64 = (0..j).map(|k| factor[i * bars + k] * factor[j * bars + k]).sum();
                let rest = covariance[i * bars + j] - sum;
                factor[i * bars + j] = if i > j {
                    rest / factor[j * bars + j]
                } else {
                    assert!(rest > 0.0, "a covariance of bars that is not positive definite");
                    rest.sqrt()
                };
            }
        }
        Self { bars, factor: factor.into_iter().map(|value| value as f32).collect() }
    }

    /// The factor L, `[bars, bars]`.
    pub fn factor(&self) -> &[f32] {
        &self.factor
    }

    /// Shares noise `[rows, bars, channels]` between bars, in place. The identity changes no bit.
    ///
    /// # Panics
    /// If the noise is not a number of rows.
    #[track_caller]
    pub fn apply(&self, noise: &mut [f32], channels: usize) {
        assert!(noise.len().is_multiple_of(self.bars * channels), "noise of whole rows of bars");
        for row in noise.chunks_exact_mut(self.bars * channels) {
            // From the last bar down, so that the bars before it are still independent.
            for i in (0..self.bars).rev() {
                for channel in 0..channels {
                    let term = |j: usize| self.factor[i * self.bars + j] * row[j * channels + channel];
                    let shared = (0..i).filter(|j| self.factor[i * self.bars + j] != 0.0).map(term);
                    row[i * channels + channel] = shared.fold(term(i), |sum, term| sum + term);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::music::chord::Progression;
    use crate::rng::Philox;
    use crate::sample::shared_noise::{Form, of_chords};

    fn covariances() -> Vec<Vec<f64>> {
        let chords = Progression::parse("C G Am F | C G . . | F G | C |", 4).unwrap().beats(8).unwrap();
        let form = |form: &str| form.parse::<Form>().unwrap().covariance(8).unwrap();
        let mut all: Vec<_> = [0.0, 0.6, 0.95].iter().map(|&h| of_chords(&chords, 4, h).unwrap()).collect();
        all.extend(["ABCDABCD", "AABA", "AAAAAAAA"].map(form));
        all
    }

    #[test]
    fn the_factor_has_its_covariance_and_rows_of_norm_1() {
        for covariance in covariances() {
            let mixing = Mixing::of(&covariance);
            for i in 0..8 {
                for j in 0..8 {
                    let l = |i: usize, k: usize| f64::from(mixing.factor()[i * 8 + k]);
                    let got: f64 = (0..8).map(|k| l(i, k) * l(j, k)).sum();
                    assert!((got - covariance[i * 8 + j]).abs() < 1e-6);
                    assert!(j <= i || l(i, j) == 0.0);
                }
                assert_eq!(covariance[i * 9], 1.0);
            }
        }
    }

    #[test]
    fn no_sharing_changes_no_bit() {
        let mixing = Mixing::of(&covariances()[0]);
        assert_eq!(mixing.factor(), (0..64).map(|i| f32::from(u8::from(i % 9 == 0))).collect::<Vec<_>>());
        let mut random = Philox::new(0, 0);
        let noise: Vec<f32> = (0..3 * 8 * 5).map(|_| random.normal() as f32).chain([-0.0; 40]).collect();
        let mut shared = noise.clone();
        mixing.apply(&mut shared, 5);
        assert!(noise.iter().zip(&shared).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn shared_noise_has_its_correlations_and_unit_variance() {
        let covariance = &covariances()[1];
        let channels = 4000;
        let mut random = Philox::new(5, 0);
        let mut noise: Vec<f32> = (0..2 * 8 * channels).map(|_| random.normal() as f32).collect();
        Mixing::of(covariance).apply(&mut noise, channels);
        for i in 0..8 {
            for j in 0..8 {
                let bar = |row: usize, bar: usize| noise[(row * 8 + bar) * channels..][..channels].iter();
                let products = (0..2).flat_map(|row| bar(row, i).zip(bar(row, j)).map(|(a, b)| f64::from(a * b)));
                let mean = products.sum::<f64>() / (2 * channels) as f64;
                assert!((mean - covariance[i * 8 + j]).abs() < 0.06, "bars {i} and {j}: {mean}");
            }
        }
    }
}
