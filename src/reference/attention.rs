//! Scaled dot-product attention.

use super::{Array, dot, softmax, softmax_gradient};

/// Checks the shapes of q, k and v, and returns `(B heads, queries, keys)`.
#[track_caller]
fn sizes(q: &Array, k: &Array, v: &Array) -> (usize, usize, usize) {
    let fits = q.shape.len() == 4
        && k.shape.len() == 4
        && q.shape[..2] == k.shape[..2]
        && q.channels() == k.channels()
        && k.shape[..3] == v.shape[..3];
    assert!(fits, "attention: q {:?}, k {:?}, v {:?}", q.shape, k.shape, v.shape);
    (q.shape[0] * q.shape[1], q.shape[2], k.shape[2])
}

/// `y_i = sum_j p_ij v_j`, `p_i = softmax_j(scale q_i . k_j)` (Vaswani et al. 2017), where query i attends to the keys
/// `visible(i)`.
#[track_caller]
pub(super) fn masked_attention_fwd([q, k, v]: [&Array; 3], scale: f64, visible: impl Fn(usize) -> Vec<usize>) -> Array {
    let (batch, queries, keys) = sizes(q, k, v);
    let mut y = Array::zeros(&[q.shape[0], q.shape[1], queries, v.channels()]);
    for b in 0..batch {
        for i in 0..queries {
            let (row, seen) = (b * queries + i, visible(i));
            let scores: Vec<f64> = seen.iter().map(|j| scale * dot(q.row(row), k.row(b * keys + j))).collect();
            for (j, p) in seen.iter().zip(softmax(&scores)) {
                for (y, v) in y.row_mut(row).iter_mut().zip(v.row(b * keys + j)) {
                    *y += p * v;
                }
            }
        }
    }
    y
}

/// Gradients of [`masked_attention_fwd`] with respect to q, k and v, with `s` the scores, `p` their softmax:
/// `dv_j = sum_i p_ij dy_i`, `dp_ij = dy_i . v_j`, `ds_ij = p_ij (dp_ij - sum_j p_ij dp_ij)`,
/// `dq_i = scale sum_j ds_ij k_j`, `dk_j = scale sum_i ds_ij q_i`.
#[track_caller]
pub(super) fn masked_attention_bwd(
    [q, k, v]: [&Array; 3],
    scale: f64,
    visible: impl Fn(usize) -> Vec<usize>,
    dy: &Array,
) -> [Array; 3] {
    let (batch, queries, keys) = sizes(q, k, v);
    let [mut dq, mut dk, mut dv] = [q, k, v].map(|x| Array::zeros(&x.shape));
    for b in 0..batch {
        for i in 0..queries {
            let (row, seen) = (b * queries + i, visible(i));
            let scores: Vec<f64> = seen.iter().map(|j| scale * dot(q.row(row), k.row(b * keys + j))).collect();
            let p = softmax(&scores);
            let dp: Vec<f64> = seen.iter().map(|j| dot(dy.row(row), v.row(b * keys + j))).collect();
            let ds = softmax_gradient(&p, &dp);
            for (n, j) in seen.iter().enumerate() {
                let key = b * keys + j;
                for (dv, dy) in dv.row_mut(key).iter_mut().zip(dy.row(row)) {
                    *dv += p[n] * dy;
                }
                for (dq, k) in dq.row_mut(row).iter_mut().zip(k.row(key)) {
                    *dq += scale * ds[n] * k;
                }
                for (dk, q) in dk.row_mut(key).iter_mut().zip(q.row(row)) {
                    *dk += scale * ds[n] * q;
                }
            }
        }
    }
    [dq, dk, dv]
}

/// `softmax(scale q k^T) v` (Vaswani et al. 2017, equation 1).
///
/// q `[B, heads, L, D]`, k `[B, heads, M, D]`, v `[B, heads, M, E]` -> `[B, heads, L, E]`.
#[track_caller]
pub fn attention_fwd(q: &Array, k: &Array, v: &Array, scale: f64) -> Array {
    masked_attention_fwd([q, k, v], scale, |_| (0..k.shape[2]).collect())
}

/// Gradients of [`attention_fwd`] with respect to q, k and v.
#[track_caller]
pub fn attention_bwd(q: &Array, k: &Array, v: &Array, scale: f64, dy: &Array) -> [Array; 3] {
    masked_attention_bwd([q, k, v], scale, |_| (0..k.shape[2]).collect(), dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{gradient_check::check, matmul, matmul_nt, softmax_fwd};

    #[test]
    fn attention_is_two_products_around_a_softmax() {
        let [q, k] = [1, 2].map(|seed| Array::random(&[2, 3, 5, 4], seed));
        let v = Array::random(&[2, 3, 5, 7], 3);
        let flat = |x: &Array| x.reshaped(&[6, 5, x.channels()]);
        let y = matmul(&softmax_fwd(&matmul_nt(&flat(&q), &flat(&k)), 0.5), &flat(&v));
        let attended = attention_fwd(&q, &k, &v, 0.5);
        assert!(y.data.iter().zip(&attended.data).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn attention_gradients() {
        let (q, k) = (Array::random(&[1, 2, 3, 2], 1), Array::random(&[1, 2, 5, 2], 2));
        let (v, dy) = (Array::random(&[1, 2, 5, 3], 3), Array::random(&[1, 2, 3, 3], 4));
        let [dq, dk, dv] = attention_bwd(&q, &k, &v, 0.6, &dy);
        check(&q, &dq, &dy, |q| attention_fwd(q, &k, &v, 0.6));
        check(&k, &dk, &dy, |k| attention_fwd(&q, k, &v, 0.6));
        check(&v, &dv, &dy, |v| attention_fwd(&q, &k, v, 0.6));
    }
}
