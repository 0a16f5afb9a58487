//! Residual vector quantization with codebooks that follow the data (van den Oord et al. 2017, arXiv 1711.00937,
//! appendix A.1; levels after Zeghidour et al. 2021, arXiv 2107.03312).

use super::{Array, dot, embedding_fwd, mse};
use crate::rng::Philox;

/// One level's codes and the moving averages behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Codebook {
    /// The codes `e_k = m_k / N_k`, `[K, D]`.
    pub codes: Array,
    /// Moving average `N_k` of how many rows of a batch take each code, `[K]`.
    pub sizes: Vec<f64>,
    /// Moving average `m_k` of the sum of those rows, `[K, D]`.
    pub sums: Array,
}

/// Rows after the residual quantizer.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// Sum over levels of the nearest codes, `[N, D]`.
    pub sum: Array,
    /// Index of the code taken, per level `[N]`.
    pub indices: Vec<Vec<usize>>,
    /// What each level had to quantize, per level `[N, D]`.
    pub residuals: Vec<Array>,
}

/// Index of the code nearest to each row, the lowest on ties: rows `[N, D]`, codes `[K, D]` -> `[N]`.
#[track_caller]
pub fn nearest_code(rows: &Array, codes: &Array) -> Vec<usize> {
    assert_eq!(rows.channels(), codes.channels(), "nearest_code: rows {:?}, codes {:?}", rows.shape, codes.shape);
    let distance = |n: usize, k: usize| rows.row(n).iter().zip(codes.row(k)).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let nearer = |n, best, k| if distance(n, k) < distance(n, best) { k } else { best };
    (0..rows.rows()).map(|n| (1..codes.rows()).fold(0, |best, k| nearer(n, best, k))).collect()
}

/// Quantizes rows `[N, D]` level by level, each level taking the codes `[K, D]` nearest to what those before it left over.
#[track_caller]
pub fn residual_quantize(rows: &Array, books: &[Array]) -> Quantized {
    let mut left = rows.clone();
    let (mut sum, mut indices, mut residuals) = (Array::zeros(&rows.shape), Vec::new(), Vec::new());
    for codes in books {
        let index = nearest_code(&left, codes);
        let taken = embedding_fwd(codes, &index);
        sum = sum.zip(&taken, |a, b| a + b);
        let next = left.zip(&taken, |a, b| a - b);
        residuals.push(std::mem::replace(&mut left, next));
        indices.push(index);
    }
    Quantized { sum, indices, residuals }
}

/// How many rows take each of `codes` codes `[K]`, and the sum of those rows `[K, D]`.
#[track_caller]
pub fn codebook_accumulate(rows: &Array, indices: &[usize], codes: usize) -> (Vec<f64>, Array) {
    let (mut counts, mut sums) = (vec![0.0; codes], Array::zeros(&[codes, rows.channels()]));
    for (n, &k) in indices.iter().enumerate() {
        counts[k] += 1.0;
        sums.row_mut(k).iter_mut().zip(rows.row(n)).for_each(|(sum, value)| *sum += value);
    }
    (counts, sums)
}

/// Moves a codebook towards a batch: `N <- d N + (1 - d) n`, `m <- d m + (1 - d) s`, `e_k = m_k / N'_k`.
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
        book.codes.row_mut(k).iter_mut().zip(book.sums.row(k)).for_each(|(code, sum)| *code = sum / smoothed);
    }
}

/// The size under which a code is dead: 2, or a tenth of the average number of rows per code where that is less.
pub fn dead_code_threshold(rows: usize, codes: usize) -> f64 {
    (0.1 * rows as f64 / codes as f64).min(2.0)
}

/// Replaces every code whose size is under `threshold` by a random row of the batch; its size becomes `threshold` and its
/// sum follows. Returns how many were replaced.
#[track_caller]
pub fn replace_dead_codes(book: &mut Codebook, rows: &Array, threshold: f64, rng: &mut Philox) -> usize {
    let dead: Vec<usize> = (0..book.sizes.len()).filter(|&k| book.sizes[k] < threshold).collect();
    for &k in &dead {
        let row = rows.row(rng.below(rows.rows()));
        book.sizes[k] = threshold;
        book.codes.row_mut(k).copy_from_slice(row);
        book.sums.row_mut(k).iter_mut().zip(row).for_each(|(sum, value)| *sum = threshold * value);
    }
    dead.len()
}

/// One level's commitment loss `weight mean((row - sg(code))^2)` and its gradient to the rows.
///
/// The loss that is trained is the mean over levels; the gradient of a level reaches the latent unchanged, because the
/// codes before it are constants.
#[track_caller]
pub fn commitment(residual: &Array, code: &Array, weight: f64) -> (f64, Array) {
    let (value, gradient) = mse(residual, code);
    (weight * value, gradient.map(|g| weight * g))
}

/// The rotation trick (Fifty et al. 2024, arXiv 2410.06424, section 4): the gradient to the latent z from the gradient g to
/// its code, written as `q = |q|/|z| R z` with R the rotation that turns z to q's direction; |q|/|z| and R count as constants.
///
/// With `a = z/|z|`, `b = q/|q|`, `r = (a + b)/|a + b|`: `|q|/|z| (g - 2 r (r . g) + 2 a (b . g))`. Rows `[N, D]`. A row
/// where |z|, |q| or |a + b| is under 1e-6 has no such rotation and passes g straight through.
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
        let between: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let between_norm = norm(&between);
        if between_norm < SMALL {
            continue;
        }
        let r: Vec<f64> = between.iter().map(|x| x / between_norm).collect();
        let (along_r, along_b) = (dot(&r, g), dot(&b, g));
        for (i, dz) in dz.row_mut(n).iter_mut().enumerate() {
            *dz = q_norm / z_norm * (g[i] - 2.0 * r[i] * along_r + 2.0 * a[i] * along_b);
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
    fn levels_sum_to_the_rows_they_leave_nothing_of() {
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
    fn without_memory_a_code_is_the_mean_of_its_rows() {
        let rows = Array::new(&[3, 2], vec![1.0, 2.0, 3.0, 4.0, -5.0, 6.0]);
        let mut book = Codebook { codes: Array::zeros(&[2, 2]), sizes: vec![9.0; 2], sums: Array::zeros(&[2, 2]) };
        let (counts, sums) = codebook_accumulate(&rows, &[0, 0, 1], 2);
        codebook_update(&mut book, &counts, &sums, 0.0, 0.0);
        assert_eq!(book.codes.data, [2.0, 3.0, -5.0, 6.0]);
    }

    #[test]
    fn dead_codes_become_rows() {
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

    /// The transpose of a rotation that is scaled by |q|/|z| scales a gradient's length, and takes q's direction to z's.
    #[test]
    fn rotation_keeps_lengths_and_angles() {
        let (z, q, g) = (Array::random(&[6, 4], 1), Array::random(&[6, 4], 2), Array::random(&[6, 4], 3));
        let (dz, back) = (rotation_gradient(&z, &q, &g), rotation_gradient(&z, &q, &q));
        for n in 0..6 {
            let length = |x: &Array| dot(x.row(n), x.row(n)).sqrt();
            let ratio = length(&q) / length(&z);
            assert!((length(&dz) - ratio * length(&g)).abs() < 1e-12);
            assert!(back.row(n).iter().zip(z.row(n)).all(|(b, z)| (b - ratio * ratio * z).abs() < 1e-12));
        }
        let same = rotation_gradient(&z, &z, &g).zip(&g, |a, b| a - b);
        assert!(grad_norm(&same) < 1e-12);
    }

    #[test]
    fn rotation_without_a_direction_passes_straight_through() {
        let g = Array::random(&[1, 3], 1);
        let z = Array::random(&[1, 3], 2);
        assert_eq!(rotation_gradient(&Array::zeros(&[1, 3]), &z, &g), g);
        assert_eq!(rotation_gradient(&z, &z.map(|z| -z), &g), g);
    }
}
