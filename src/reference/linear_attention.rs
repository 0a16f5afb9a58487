//! Linear attention: `softmax(k)^T v` is computed first, so that the cost is linear in the number of positions.

use super::{
    Array, add_bias, column_sum, matmul, matmul_nt, matmul_tn, merge_heads, pack_qkv, softmax_bwd, softmax_fwd,
    softmax_positions_bwd, softmax_positions_fwd, split_heads, unpack_qkv,
};

/// Intermediate results of the forward pass that the backward pass needs, with one matrix per head.
struct Saved {
    /// Softmax of q over D, `[B heads, L, D]`.
    q: Array,
    /// Softmax of k over L, `[B heads, L, D]`.
    k: Array,
    /// `[B heads, L, D]`.
    v: Array,
    /// `k^T v`, `[B heads, D, D]`.
    context: Array,
    /// `D^-1/2`, the factor of the softmaxed q.
    scale: f64,
}

#[track_caller]
fn save(qkv: &Array, heads: usize) -> Saved {
    let [q, k, v] = unpack_qkv(qkv, heads).map(|x| {
        let [batch, heads, positions, width] = x.shape[..] else { unreachable!("unpack_qkv gives four axes") };
        x.reshaped(&[batch * heads, positions, width])
    });
    let (q, k, scale) = (softmax_fwd(&q, 1.0), softmax_positions_fwd(&k), (v.channels() as f64).powf(-0.5));
    let context = matmul_tn(&k, &v);
    Saved { q, k, v, context, scale }
}

/// `y = D^-1/2 softmax_D(q) (softmax_L(k)^T v)` per head (Shen et al. 2021, arXiv 1812.01243).
///
/// qkv `[B, L, 3 heads D]` with channels in the order (q k v, head, D) -> `[B, L, heads D]`.
#[track_caller]
pub fn linear_attention_fwd(qkv: &Array, heads: usize) -> Array {
    let Saved { q, context, scale, .. } = save(qkv, heads);
    let y = matmul(&q, &context).map(|y| scale * y);
    merge_heads(&y.reshaped(&[qkv.shape[0], heads, qkv.shape[1], y.channels()]))
}

/// Gradient of [`linear_attention_fwd`] with respect to qkv.
#[track_caller]
pub fn linear_attention_bwd(qkv: &Array, heads: usize, dy: &Array) -> Array {
    let Saved { q, k, v, context, scale } = save(qkv, heads);
    let dy = split_heads(dy, heads).reshaped(&q.shape).map(|dy| scale * dy);
    let dcontext = matmul_tn(&q, &dy);
    let dq = softmax_bwd(&q, &matmul_nt(&dy, &context), 1.0);
    let dk = softmax_positions_bwd(&k, &matmul_nt(&v, &dcontext));
    let dv = matmul(&k, &dcontext);
    pack_qkv(&[dq, dk, dv].map(|x| x.reshaped(&[qkv.shape[0], heads, qkv.shape[1], x.channels()])))
}

/// x `[N, H, W, C]` and the weights as matrices for products: `[1, N H W, C]`, `[1, C, 3 heads D]`, `[1, heads D, C]`.
#[track_caller]
fn matrices(x: &Array, w_qkv: &Array, w_out: &Array) -> [Array; 3] {
    [x, w_qkv, w_out].map(|a| a.reshaped(&[1, a.data.len() / a.channels(), a.channels()]))
}

/// The packed queries, keys and values of x, `[N, H W, 3 heads D]`.
#[track_caller]
fn packed(x: &Array, matrix: &Array, w_qkv: &Array) -> Array {
    matmul(matrix, w_qkv).reshaped(&[x.shape[0], x.shape[1] * x.shape[2], w_qkv.channels()])
}

/// `linear_attention(x Wqkv) Wout + bias`; x `[N, H, W, C]`, weights `[1, 1, C, 3 heads D]` and `[1, 1, heads D, C]`.
#[track_caller]
pub fn projected_linear_attention_fwd(x: &Array, w_qkv: &Array, w_out: &Array, bias: &Array, heads: usize) -> Array {
    let [matrix, w_qkv, w_out] = matrices(x, w_qkv, w_out);
    let y = linear_attention_fwd(&packed(x, &matrix, &w_qkv), heads);
    let y = y.reshaped(&[1, matrix.shape[1], w_out.shape[1]]);
    add_bias(&matmul(&y, &w_out), bias).reshaped(&x.shape)
}

/// Gradients of [`projected_linear_attention_fwd`] with respect to x, both weights and the bias.
#[track_caller]
pub fn projected_linear_attention_bwd(x: &Array, w_qkv: &Array, w_out: &Array, heads: usize, dy: &Array) -> Vec<Array> {
    let shapes = [w_qkv.shape.clone(), w_out.shape.clone()];
    let [matrix, w_qkv, w_out] = matrices(x, w_qkv, w_out);
    let qkv = packed(x, &matrix, &w_qkv);
    let y = linear_attention_fwd(&qkv, heads).reshaped(&[1, matrix.shape[1], w_out.shape[1]]);
    let dy = dy.reshaped(&matrix.shape);
    let dheads = matmul_nt(&dy, &w_out).reshaped(&[qkv.shape[0], qkv.shape[1], w_out.shape[1]]);
    let dqkv = linear_attention_bwd(&qkv, heads, &dheads).reshaped(&[1, matrix.shape[1], w_qkv.channels()]);
    vec![
        matmul_nt(&dqkv, &w_qkv).reshaped(&x.shape),
        matmul_tn(&matrix, &dqkv).reshaped(&shapes[0]),
        matmul_tn(&y, &dy).reshaped(&shapes[1]),
        column_sum(&dy),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{gradient_check::check, softmax};

    /// The definition, index by index.
    #[test]
    fn linear_attention_equals_its_formula() {
        let (heads, width, positions) = (2, 3, 4);
        let qkv = Array::random(&[2, positions, 3 * heads * width], 1);
        let y = linear_attention_fwd(&qkv, heads);
        let at = |b, l, which, h, d| qkv[[b, l, (which * heads + h) * width + d]];
        for b in 0..2 {
            for h in 0..heads {
                let k: Vec<Vec<f64>> = (0..width)
                    .map(|d| softmax(&(0..positions).map(|l| at(b, l, 1, h, d)).collect::<Vec<_>>()))
                    .collect();
                for l in 0..positions {
                    let q = softmax(&(0..width).map(|d| at(b, l, 0, h, d)).collect::<Vec<_>>());
                    for e in 0..width {
                        let mut expected = 0.0;
                        for (q, k) in q.iter().zip(&k) {
                            for (m, k) in k.iter().enumerate() {
                                expected += q / (width as f64).sqrt() * k * at(b, m, 2, h, e);
                            }
                        }
                        assert!((y[[b, l, h * width + e]] - expected).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn linear_attention_gradients() {
        let (qkv, dy) = (Array::random(&[2, 5, 18], 1), Array::random(&[2, 5, 6], 2));
        check(&qkv, &linear_attention_bwd(&qkv, 2, &dy), &dy, |qkv| linear_attention_fwd(qkv, 2));
    }

    #[test]
    fn projected_linear_attention_gradients() {
        let (x, dy) = (Array::random(&[2, 2, 3, 4], 1), Array::random(&[2, 2, 3, 4], 2));
        let (w_qkv, w_out, bias) =
            (Array::random(&[1, 1, 4, 18], 3), Array::random(&[1, 1, 6, 4], 4), Array::random(&[4], 5));
        let gradients = projected_linear_attention_bwd(&x, &w_qkv, &w_out, 2, &dy);
        let of = |x: &Array, w_qkv: &Array, w_out: &Array, bias: &Array| {
            projected_linear_attention_fwd(x, w_qkv, w_out, bias, 2)
        };
        check(&x, &gradients[0], &dy, |x| of(x, &w_qkv, &w_out, &bias));
        check(&w_qkv, &gradients[1], &dy, |w_qkv| of(&x, w_qkv, &w_out, &bias));
        check(&w_out, &gradients[2], &dy, |w_out| of(&x, &w_qkv, w_out, &bias));
        check(&bias, &gradients[3], &dy, |bias| of(&x, &w_qkv, &w_out, bias));
    }
}
