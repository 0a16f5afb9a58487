//! Residual vector quantization with codebooks updated by moving averages (van den Oord et al. 2017, arXiv 1711.00937,
//! appendix A.1; levels after Zeghidour et al. 2021, arXiv 2107.03312).

use super::{Array, dot, embedding_fwd, mse};
use crate::rng::Philox;

/// The codes of one level and their moving averages.
#[derive(Debug, Clone, PartialEq)]
pub struct Codebook {
    /// The codes `e_k = m_k / N_k`, `[K, D]`.
    pub codes: Array,
    /// Moving average `N_k` of the number of vectors per batch assigned to each code, `[K]`.
    pub sizes: Vec<f64>,
    /// Moving average `m_k` of the sum of those vectors, `[K, D]`.
    pub sums: Array,
}

/// Result of the residual quantizer.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// Sum over levels of the nearest codes, `[N, D]`.
    pub sum: Array,
    /// Index of the nearest code, per level `[N]`.
    pub indices: Vec<Vec<usize>>,
    /// The input of each level, the residual of the levels before it, `[N, D]`.
    pub residuals: Vec<Array>,
}

/// Index of the code nearest to each vector, the lowest on ties: vectors `[N, D]`, codes `[K, D]` -> `[N]`. NaN is larger than any
/// distance: a vector that is not finite gets code 0, and a code that is not finite gets no vector, unless none is finite.
#[track_caller]
pub fn nearest_code(vectors: &Array, codes: &Array) -> Vec<usize> {
    assert_eq!(
        vectors.channels(),
        codes.channels(),
        "nearest_code: vectors {:?}, codes {:?}",
        vectors.shape,
        codes.shape
    );
    let distance =
        |n: usize, k: usize| vectors.row(n).iter().zip(codes.row(k)).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    (0..vectors.rows()).map(|n| lowest((0..codes.rows()).map(|k| distance(n, k)))).collect()
}

/// The first place of the lowest number. NaN is larger than any; if all are NaN or infinite, 0.
pub fn lowest(numbers: impl Iterator<Item = f64>) -> usize {
    let lower = |best: (usize, f64), next: (usize, f64)| if next.1 < best.1 { next } else { best };
    numbers.enumerate().fold((0, f64::INFINITY), lower).0
}

/// Quantizes vectors `[N, D]` level by level: each level subtracts the nearest of its codes `[K, D]` from the residual.
#[track_caller]
pub fn residual_quantize(vectors: &Array, books: &[Array]) -> Quantized {
    let mut residual = vectors.clone();
    let (mut sum, mut indices, mut residuals) = (Array::zeros(&vectors.shape), Vec::new(), Vec::new());
    for codes in books {
        let index = nearest_code(&residual, codes);
        let nearest = embedding_fwd(codes, &index);
        sum = sum.zip(&nearest, |a, b| a + b);
        let next = residual.zip(&nearest, |a, b| a - b);
        residuals.push(std::mem::replace(&mut residual, next));
        indices.push(index);
    }
    Quantized { sum, indices, residuals }
}

/// The number of vectors assigned to each of `codes` codes, `[K]`, and the sum of those vectors, `[K, D]`.
#[track_caller]
pub fn codebook_accumulate(vectors: &Array, indices: &[usize], codes: usize) -> (Vec<f64>, Array) {
    let (mut counts, mut sums) = (vec![0.0; codes], Array::zeros(&[codes, vectors.channels()]));
    for (n, &k) in indices.iter().enumerate() {
        counts[k] += 1.0;
        sums.row_mut(k).iter_mut().zip(vectors.row(n)).for_each(|(sum, value)| *sum += value);
    }
    (counts, sums)
}

/// Updates the moving averages of a codebook with a batch: `N <- d N + (1 - d) n`, `m <- d m + (1 - d) s`,
/// `e_k = m_k / N'_k`, unless `N'_k` is 0.
///
/// `N'_k = (N_k + eps) / (sum N + K eps) sum N` are the counts after Laplace smoothing; `counts` n and `sums` s come from
/// [`codebook_accumulate`].
#[track_caller]
pub fn codebook_update(book: &mut Codebook, counts: &[f64], sums: &Array, decay: f64, eps: f64) {
    let blend = |old: f64, new: f64| decay * old + (1.0 - decay) * new;
    book.sizes.iter_mut().zip(counts).for_each(|(size, &count)| *size = blend(*size, count));
    book.sums = book.sums.zip(sums, blend);
    let total: f64 = book.sizes.iter().sum();
    let codes = book.sizes.len() as f64;
    for (k, size) in book.sizes.iter().enumerate() {
        let smoothed = (size + eps) / (total + codes * eps) * total;
        if smoothed != 0.0 {
            book.codes.row_mut(k).iter_mut().zip(book.sums.row(k)).for_each(|(code, sum)| *code = sum / smoothed);
        }
    }
}

/// The size below which a code is dead: the smaller of 2 and a tenth of the mean number of vectors per code.
pub fn dead_code_threshold(vectors: usize, codes: usize) -> f64 {
    (0.1 * vectors as f64 / codes as f64).min(2.0)
}

/// Replaces every code with a size below `threshold` by a random vector of the batch, with size `threshold` and the
/// corresponding sum. Returns the number of replaced codes.
#[track_caller]
pub fn replace_dead_codes(book: &mut Codebook, vectors: &Array, threshold: f64, rng: &mut Philox) -> usize {
    let dead: Vec<usize> = (0..book.sizes.len()).filter(|&k| book.sizes[k] < threshold).collect();
    for &k in &dead {
        let vector = vectors.row(rng.below(vectors.rows()));
        book.sizes[k] = threshold;
        book.codes.row_mut(k).copy_from_slice(vector);
        book.sums.row_mut(k).iter_mut().zip(vector).for_each(|(sum, value)| *sum = threshold * value);
    }
    dead.len()
}

/// Commitment loss of one level, `weight mean((residual - sg(code))^2)`, and its gradient with respect to the residual.
///
/// The training loss is the mean over levels. The gradient of a level is also the gradient with respect to the latent,
/// because the codes of the levels before are constants.
#[track_caller]
pub fn commitment(residual: &Array, code: &Array, weight: f64) -> (f64, Array) {
    let (value, gradient) = mse(residual, code);
    (weight * value, gradient.map(|g| weight * g))
}

/// The rotation trick (Fifty et al. 2024, arXiv 2410.06424, section 4): the gradient with respect to the latent z from the
/// gradient g with respect to its code q. `q = |q|/|z| R z`, where the rotation R maps the direction of z to that of q;
/// |q|/|z| and R are constants.
///
/// With `a = z/|z|`, `b = q/|q|`, `r = (a + b)/|a + b|`: `|q|/|z| (g - 2 r (r . g) + 2 a (b . g))`. Vectors `[N, D]`. If
/// |z|, |q| or |a + b| is below 1e-6, the rotation is undefined and g passes unchanged.
#[track_caller]
pub fn rotation_gradient(z: &Array, q: &Array, g: &Array) -> Array {
    const SMALL: f64 = 1e-6;
    let norm = |x: &[f64]| dot(x, x).sqrt();
    let mut dz = g.clone();
    for n in 0..z.rows() {
        let (z, q, g) = (z.row(n), q.row(n), g.row(n));
        let (z_norm, q_norm) = (norm(z), norm(q));
        if z_norm < SMALL || q_norm < SMALL {
            continue;
        }
        let a: Vec<f64> = z.iter().map(|z| z / z_norm).collect();
        let b: Vec<f64> = q.iter().map(|q| q / q_norm).collect();
        let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let sum_norm = norm(&sum);
        if sum_norm < SMALL {
            continue;
        }
        let r: Vec<f64> = sum.iter().map(|x| x / sum_norm).collect();
        let (r_g, b_g) = (dot(&r, g), dot(&b, g));
        for (i, dz) in dz.row_mut(n).iter_mut().enumerate() {
            *dz = q_norm / z_norm * (g[i] - 2.0 * r[i] * r_g + 2.0 * a[i] * b_g);
        }
    }
    dz
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{grad_norm, gradient_check::check_scalar};

    #[test]
    fn ties_go_to_the_lowest_index() {
        let codes = Array::new(&[4, 1], vec![5.0, 1.0, -1.0, 1.0]);
        assert_eq!(nearest_code(&Array::new(&[3, 1], vec![0.0, 1.0, 9.0]), &codes), [1, 1, 0]);
    }

    #[test]
    fn vectors_are_the_sum_of_their_codes_and_the_last_residual() {
        let rows = Array::random(&[20, 3], 1);
        let books = [Array::random(&[6, 3], 2), Array::random(&[6, 3], 3)];
        let quantized = residual_quantize(&rows, &books);
        assert_eq!(quantized.residuals[0], rows);
        let last = embedding_fwd(&books[1], &quantized.indices[1]);
        for i in 0..rows.len() {
            assert!(
                (rows.data[i] - quantized.sum.data[i] - (quantized.residuals[1].data[i] - last.data[i])).abs() < 1e-12
            );
        }
    }

    #[test]
    fn with_decay_0_a_code_is_the_mean_of_its_vectors() {
        let rows = Array::new(&[3, 2], vec![1.0, 2.0, 3.0, 4.0, -5.0, 6.0]);
        let mut book = Codebook { codes: Array::zeros(&[2, 2]), sizes: vec![9.0; 2], sums: Array::zeros(&[2, 2]) };
        let (counts, sums) = codebook_accumulate(&rows, &[0, 0, 1], 2);
        codebook_update(&mut book, &counts, &sums, 0.0, 0.0);
        assert_eq!(book.codes.data, [2.0, 3.0, -5.0, 6.0]);
    }

    #[test]
    fn dead_codes_become_vectors_of_the_batch() {
        let rows = Array::random(&[5, 2], 1);
        let mut book =
            Codebook { codes: Array::zeros(&[3, 2]), sizes: vec![4.0, 0.5, 3.0], sums: Array::zeros(&[3, 2]) };
        assert_eq!(replace_dead_codes(&mut book, &rows, 2.0, &mut Philox::new(1, 0)), 1);
        assert!((0..5).any(|n| rows.row(n) == book.codes.row(1)));
        assert_eq!((book.sizes[1], book.sums.row(1)[0]), (2.0, 2.0 * book.codes.row(1)[0]));
        assert_eq!(book.codes.row(0), [0.0, 0.0]);
    }

    #[test]
    fn commitment_gradient() {
        let (rows, codes) = (Array::random(&[4, 3], 1), Array::random(&[4, 3], 2));
        check_scalar(&rows, &commitment(&rows, &codes, 0.5).1, |rows| commitment(rows, &codes, 0.5).0);
    }

    /// The transpose of a rotation that is scaled by |q|/|z| scales the norm of a gradient, and maps the direction of q to
    /// that of z.
    #[test]
    fn rotation_scales_norms_and_keeps_angles() {
        let (z, q, g) = (Array::random(&[6, 4], 1), Array::random(&[6, 4], 2), Array::random(&[6, 4], 3));
        let (dz, back) = (rotation_gradient(&z, &q, &g), rotation_gradient(&z, &q, &q));
        for n in 0..6 {
            let norm = |x: &Array| dot(x.row(n), x.row(n)).sqrt();
            let ratio = norm(&q) / norm(&z);
            assert!((norm(&dz) - ratio * norm(&g)).abs() < 1e-12);
            assert!(back.row(n).iter().zip(z.row(n)).all(|(b, z)| (b - ratio * ratio * z).abs() < 1e-12));
        }
        let same = rotation_gradient(&z, &z, &g).zip(&g, |a, b| a - b);
        assert!(grad_norm(&same) < 1e-12);
    }

    #[test]
    fn an_undefined_rotation_passes_straight_through() {
        let g = Array::random(&[1, 3], 1);
        let z = Array::random(&[1, 3], 2);
        assert_eq!(rotation_gradient(&Array::zeros(&[1, 3]), &z, &g), g);
        assert_eq!(rotation_gradient(&z, &z.map(|z| -z), &g), g);
    }
}
