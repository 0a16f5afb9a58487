//! Embeddings by table, and sinusoidal embeddings of time.

use super::Array;

/// Rows of a table: table `[rows, C]`, ids `[N]` -> `[N, C]`.
#[track_caller]
pub fn embedding_fwd(table: &Array, ids: &[usize]) -> Array {
    Array::new(&[ids.len(), table.channels()], ids.iter().flat_map(|&id| table.row(id).to_vec()).collect())
}

/// Gradient of [`embedding_fwd`] with respect to a table of `rows` rows: each row is the sum of `dy` over its lookups.
#[track_caller]
pub fn embedding_bwd(dy: &Array, ids: &[usize], rows: usize) -> Array {
    assert_eq!(dy.rows(), ids.len(), "embedding_bwd: dy {:?}, {} ids", dy.shape, ids.len());
    let mut dtable = Array::zeros(&[rows, dy.channels()]);
    for (n, &id) in ids.iter().enumerate() {
        for (sum, gradient) in dtable.row_mut(id).iter_mut().zip(dy.row(n)) {
            *sum += gradient;
        }
    }
    dtable
}

/// `dim / 2` sines of t, then `dim / 2` cosines: t `[N]` -> `[N, dim]` (Vaswani et al. 2017, section 3.5, sines first).
///
/// Frequency i of `half = dim / 2` is `10000^(-i / (half - 1))`; `dim` is at least 4.
#[track_caller]
pub fn sinusoidal_time(t: &[f64], dim: usize) -> Array {
    assert!(dim >= 4 && dim.is_multiple_of(2), "sinusoidal_time: expected an even dim of at least 4, got {dim}");
    let half = dim / 2;
    let mut y = Array::zeros(&[t.len(), dim]);
    for (n, t) in t.iter().enumerate() {
        for i in 0..half {
            let angle = t * (-(i as f64) * 10_000f64.ln() / (half - 1) as f64).exp();
            y[[n, i]] = angle.sin();
            y[[n, half + i]] = angle.cos();
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn embedding_gradients() {
        let (table, ids, dy) = (Array::random(&[4, 3], 1), [2, 0, 2, 2, 3], Array::random(&[5, 3], 2));
        check(&table, &embedding_bwd(&dy, &ids, 4), &dy, |table| embedding_fwd(table, &ids));
    }

    #[test]
    fn time_runs_from_one_radian_to_a_ten_thousandth() {
        let y = sinusoidal_time(&[0.0, 500.0], 6);
        assert_eq!(y.row(0), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let expected = [500f64.sin(), 5f64.sin(), 0.05f64.sin(), 500f64.cos(), 5f64.cos(), 0.05f64.cos()];
        assert!(y.row(1).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}
