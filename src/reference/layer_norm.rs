//! Layer normalisation, modulated by a scale and shift of each sample.

use super::Array;

/// The normalised rows `(x - mean) / sqrt(var + eps)`, and each row's `1 / sqrt(var + eps)`.
fn normalise(x: &Array, eps: f64) -> (Array, Vec<f64>) {
    let (mut xhat, channels) = (x.clone(), x.channels() as f64);
    let normalise = |r: usize| {
        let row = xhat.row_mut(r);
        let mean = row.iter().sum::<f64>() / channels;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / channels;
        let rstd = 1.0 / (variance + eps).sqrt();
        row.iter_mut().for_each(|x| *x = (*x - mean) * rstd);
        rstd
    };
    let rstd = (0..x.rows()).map(normalise).collect();
    (xhat, rstd)
}

/// `(1 + scale) xhat + shift`, `xhat = (x - mean) / sqrt(var + eps)`, x `[N, .., C]` (Ba et al. 2016, arXiv 1607.06450).
///
/// Mean and (biased) variance are over the channels of each position; `scale_shift` `[N, 2 C]` has for each sample first C scales,
/// then C shifts.
#[track_caller]
pub fn layer_norm_fwd(x: &Array, scale_shift: &Array, eps: f64) -> Array {
    let (mut y, _) = normalise(x, eps);
    let (positions, channels) = (x.rows() / scale_shift.rows(), x.channels());
    for r in 0..y.rows() {
        let table = scale_shift.row(r / positions);
        for (c, value) in y.row_mut(r).iter_mut().enumerate() {
            *value = (1.0 + table[c]) * *value + table[channels + c];
        }
    }
    y
}

/// Gradients of [`layer_norm_fwd`] with respect to x and `scale_shift`.
///
/// With `dxhat = (1 + scale) dy`: `dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))`, the means over the channels of a
/// position; `dscale = sum of dy xhat` and `dshift = sum of dy` over the positions of a sample.
#[track_caller]
pub fn layer_norm_bwd(x: &Array, scale_shift: &Array, eps: f64, dy: &Array) -> (Array, Array) {
    let (xhat, rstd) = normalise(x, eps);
    let (positions, channels) = (x.rows() / scale_shift.rows(), x.channels());
    let (mut dx, mut dtable) = (dy.clone(), scale_shift.map(|_| 0.0));
    for (r, rstd) in rstd.iter().enumerate() {
        let (sample, xhat, dy) = (r / positions, xhat.row(r), dy.row(r));
        let sums = dtable.row_mut(sample);
        for c in 0..channels {
            sums[c] += dy[c] * xhat[c];
            sums[channels + c] += dy[c];
        }
        let scales = scale_shift.row(sample);
        let dxhat: Vec<f64> = (0..channels).map(|c| (1.0 + scales[c]) * dy[c]).collect();
        let mean = dxhat.iter().sum::<f64>() / channels as f64;
        let mean_with_xhat = dxhat.iter().zip(xhat).map(|(a, b)| a * b).sum::<f64>() / channels as f64;
        for (c, value) in dx.row_mut(r).iter_mut().enumerate() {
            *value = rstd * (dxhat[c] - mean - xhat[c] * mean_with_xhat);
        }
    }
    (dx, dtable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn layer_norm_gradients() {
        let [x, dy] = [1, 2].map(|seed| Array::random(&[2, 3, 5], seed));
        let table = Array::random(&[2, 10], 3);
        let (dx, dtable) = layer_norm_bwd(&x, &table, 1e-5, &dy);
        check(&x, &dx, &dy, |x| layer_norm_fwd(x, &table, 1e-5));
        check(&table, &dtable, &dy, |table| layer_norm_fwd(&x, table, 1e-5));
    }

    #[test]
    fn layer_norm_is_a_group_norm_of_single_positions() {
        let (x, table) = (Array::random(&[4, 1, 6], 1), Array::random(&[4, 12], 2));
        let (gamma, beta) = (Array::full(&[6], 1.0), Array::zeros(&[6]));
        let norm = crate::reference::GroupNorm {
            gamma: &gamma,
            beta: &beta,
            groups: 1,
            eps: 1e-5,
            scale_shift: Some(&table),
            silu: false,
        };
        let difference =
            layer_norm_fwd(&x, &table, 1e-5).zip(&crate::reference::group_norm_fwd(&x, &norm), |a, b| a - b);
        assert!(difference.data.iter().all(|difference| difference.abs() < 1e-12));
    }
}
