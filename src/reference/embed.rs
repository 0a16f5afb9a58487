//! Embeddings by table, sinusoidal embeddings of time, and embeddings of rows and columns.

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
/// Frequency i of `half = dim / 2` is `highest range^(-i / (half - 1))`; `dim` is at least 4.
#[track_caller]
pub fn sinusoidal_time(t: &[f64], dim: usize, highest: f64, range: f64) -> Array {
    assert!(dim >= 4 && dim.is_multiple_of(2), "sinusoidal_time: expected an even dim of at least 4, got {dim}");
    let half = dim / 2;
    let mut y = Array::zeros(&[t.len(), dim]);
    for (n, t) in t.iter().enumerate() {
        for i in 0..half {
            let angle = t * highest * (-(i as f64) * range.ln() / (half - 1) as f64).exp();
            y[[n, i]] = angle.sin();
            y[[n, half + i]] = angle.cos();
        }
    }
    y
}

/// `x + rows[h] + columns[w]`: x `[N, H, W, C]`, rows `[H, 1, C]`, columns `[1, W, C]`.
#[track_caller]
pub fn grid_embedding_fwd(x: &Array, rows: &Array, columns: &Array) -> Array {
    let &[_, height, width, _] = &x.shape[..] else {
        panic!("grid_embedding_fwd: [N, H, W, C] wanted, {:?} given", x.shape)
    };
    let mut y = x.clone();
    for r in 0..y.rows() {
        let (row, column) = (rows.row(r / width % height), columns.row(r % width));
        for (c, value) in y.row_mut(r).iter_mut().enumerate() {
            *value += row[c] + column[c];
        }
    }
    y
}

/// Gradients of [`grid_embedding_fwd`]: `dy`, its sums over samples and columns, its sums over samples and rows.
#[track_caller]
pub fn grid_embedding_bwd(dy: &Array) -> (Array, Array, Array) {
    let &[_, height, width, channels] = &dy.shape[..] else { panic!("grid_embedding_bwd: {:?}", dy.shape) };
    let (mut drows, mut dcolumns) = (Array::zeros(&[height, 1, channels]), Array::zeros(&[1, width, channels]));
    for r in 0..dy.rows() {
        for (c, gradient) in dy.row(r).iter().enumerate() {
            drows[[r / width % height, 0, c]] += gradient;
            dcolumns[[0, r % width, c]] += gradient;
        }
    }
    (dy.clone(), drows, dcolumns)
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
    fn time_runs_from_the_highest_frequency_down() {
        let y = sinusoidal_time(&[0.0, 250.0], 6, 2.0, 10_000.0);
        assert_eq!(y.row(0), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let expected = [500f64.sin(), 5f64.sin(), 0.05f64.sin(), 500f64.cos(), 5f64.cos(), 0.05f64.cos()];
        assert!(y.row(1).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-10));
    }

    #[test]
    fn grid_embedding_gradients() {
        let [x, dy] = [1, 2].map(|seed| Array::random(&[2, 3, 4, 2], seed));
        let (rows, columns) = (Array::random(&[3, 1, 2], 3), Array::random(&[1, 4, 2], 4));
        let (dx, drows, dcolumns) = grid_embedding_bwd(&dy);
        check(&x, &dx, &dy, |x| grid_embedding_fwd(x, &rows, &columns));
        check(&rows, &drows, &dy, |rows| grid_embedding_fwd(&x, rows, &columns));
        check(&columns, &dcolumns, &dy, |columns| grid_embedding_fwd(&x, &rows, columns));
    }
}
