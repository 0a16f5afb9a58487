//! k-means, which initialises a codebook.

use super::{Array, Codebook, codebook_accumulate, embedding_fwd, nearest_code};
use crate::rng::Philox;

/// A codebook from the vectors `[N, D]` of a first batch: `iterations` rounds of Lloyd's algorithm (Lloyd 1982).
///
/// Starts from vectors drawn without replacement, then with replacement if there are fewer vectors than codes. An unused code
/// is unchanged. Sizes and sums are those of the last assignment.
#[track_caller]
pub fn kmeans(vectors: &Array, codes: usize, iterations: usize, rng: &mut Philox) -> Codebook {
    let mut order: Vec<usize> = (0..vectors.rows()).collect();
    rng.shuffle(&mut order);
    while order.len() < codes {
        order.push(rng.below(vectors.rows()));
    }
    let mut codes = embedding_fwd(vectors, &order[..codes]);
    for _ in 0..iterations {
        codes = means(vectors, &codes).codes;
    }
    means(vectors, &codes)
}

/// One round: each code becomes the mean of the vectors nearest to it.
fn means(vectors: &Array, codes: &Array) -> Codebook {
    let (sizes, sums) = codebook_accumulate(vectors, &nearest_code(vectors, codes), codes.rows());
    let mut codes = codes.clone();
    for (k, &size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0.0) {
        codes.row_mut(k).iter_mut().zip(sums.row(k)).for_each(|(code, sum)| *code = sum / size);
    }
    Codebook { codes, sizes, sums }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{codebook_update, dead_code_threshold, replace_dead_codes, sum};

    /// Eight well-separated clusters of `count` vectors each.
    fn clusters(count: usize) -> Array {
        let mut rows = Array::random(&[8 * count, 2], 1).map(|x| 0.1 * x);
        for n in 0..rows.rows() {
            let angle = (n % 8) as f64 * std::f64::consts::FRAC_PI_4;
            rows[[n, 0]] += 5.0 * angle.cos();
            rows[[n, 1]] += 5.0 * angle.sin();
        }
        rows
    }

    fn distortion(rows: &Array, codes: &Array) -> f64 {
        let nearest = embedding_fwd(codes, &nearest_code(rows, codes));
        sum(&rows.zip(&nearest, |a, b| (a - b).powi(2)))
    }

    #[test]
    fn more_rounds_never_fit_worse() {
        let rows = clusters(10);
        let fits: Vec<f64> =
            (0..6).map(|rounds| distortion(&rows, &kmeans(&rows, 8, rounds, &mut Philox::new(3, 0)).codes)).collect();
        assert!(fits.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12) && fits[5] < fits[0], "{fits:?}");
    }

    #[test]
    fn fewer_vectors_than_codes_still_make_a_codebook() {
        let book = kmeans(&Array::random(&[3, 2], 1), 5, 4, &mut Philox::new(1, 0));
        assert_eq!(book.codes.shape, [5, 2]);
        assert!(book.codes.data.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn training_on_clusters_ends_with_every_code_used() {
        let (rows, mut rng) = (clusters(20), Philox::new(4, 0));
        let mut book = kmeans(&rows, 8, 15, &mut rng);
        for _ in 0..300 {
            let (counts, sums) = codebook_accumulate(&rows, &nearest_code(&rows, &book.codes), 8);
            codebook_update(&mut book, &counts, &sums, 0.95, 1e-5);
            replace_dead_codes(&mut book, &rows, dead_code_threshold(rows.rows(), 8), &mut rng);
        }
        let (counts, _) = codebook_accumulate(&rows, &nearest_code(&rows, &book.codes), 8);
        assert!(counts.iter().all(|&count| count > 0.0), "{counts:?}");
    }
}
