//! Matrix products, plain and with one operand transposed.

use super::{Array, add_bias};

/// The sizes `[batch, rows, columns]` of a matrix or a batch of matrices.
#[track_caller]
fn sizes(op: &str, x: &Array) -> [usize; 3] {
    match x.shape[..] {
        [rows, columns] => [1, rows, columns],
        [batch, rows, columns] => [batch, rows, columns],
        _ => panic!("{op}: expected [rows, columns] or [batch, rows, columns], got {:?}", x.shape),
    }
}

/// Transposes the last two axes of a matrix or a batch of matrices.
pub fn transpose(x: &Array) -> Array {
    let [batch, rows, columns] = sizes("transpose", x);
    let mut shape = x.shape.clone();
    let rank = shape.len();
    shape.swap(rank - 2, rank - 1);
    let mut y = Array::zeros(&shape);
    for b in 0..batch {
        for r in 0..rows {
            for c in 0..columns {
                y.data[(b * columns + c) * rows + r] = x.data[(b * rows + r) * columns + c];
            }
        }
    }
    y
}

/// `C[m, n] = sum_k A[m, k] B[k, n]`, for matrices or batches: `[B?, M, K] x [B?, K, N] -> [B?, M, N]`.
///
/// A `b` without a batch axis is shared by the whole batch.
#[track_caller]
pub fn matmul(a: &Array, b: &Array) -> Array {
    let ([batch, m, k], [b_batch, b_k, n]) = (sizes("matmul", a), sizes("matmul", b));
    let shared = b.shape.len() == 2;
    assert!(k == b_k && (shared || batch == b_batch), "matmul: {:?} x {:?}", a.shape, b.shape);
    let mut shape = a.shape.clone();
    *shape.last_mut().expect("a matrix has axes") = n;
    let mut c = Array::zeros(&shape);
    for i in 0..batch {
        let b_rows = if shared { 0 } else { i * k };
        for row in i * m..(i + 1) * m {
            for inner in 0..k {
                let factor = a.data[row * k + inner];
                for (sum, value) in c.row_mut(row).iter_mut().zip(b.row(b_rows + inner)) {
                    *sum += factor * value;
                }
            }
        }
    }
    c
}

/// `A B^T`: `[B?, M, K] x [B?, N, K] -> [B?, M, N]`. Of `dy` and `w` it is `dx` of a linear layer.
#[track_caller]
pub fn matmul_nt(a: &Array, b: &Array) -> Array {
    matmul(a, &transpose(b))
}

/// `A^T B`: `[B?, K, M] x [B?, K, N] -> [B?, M, N]`. Of `x` and `dy` it is `dw` of a linear layer.
#[track_caller]
pub fn matmul_tn(a: &Array, b: &Array) -> Array {
    matmul(&transpose(a), b)
}

/// `y = x w + bias` on rows: x `[rows, in]`, w `[in, out]`, bias `[out]`.
///
/// Backward: `dx = matmul_nt(dy, w)`, `dw = matmul_tn(x, dy)`, `dbias = column_sum(dy)`.
#[track_caller]
pub fn linear_fwd(x: &Array, w: &Array, bias: Option<&Array>) -> Array {
    let y = matmul(x, w);
    match bias {
        Some(bias) => add_bias(&y, bias),
        None => y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{column_sum, gradient_check::check};

    #[test]
    fn a_product_known_by_hand() {
        let a = Array::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let b = Array::new(&[3, 1], vec![1.0, 0.0, -1.0]);
        assert_eq!(matmul(&a, &b).data, [-2.0, -2.0]);
        assert_eq!(matmul_nt(&a, &transpose(&b)), matmul(&a, &b));
        assert_eq!(matmul_tn(&transpose(&a), &b), matmul(&a, &b));
    }

    #[test]
    fn a_batch_is_its_matrices_one_by_one() {
        let (a, b) = (Array::random(&[2, 3, 4], 1), Array::random(&[2, 4, 5], 2));
        let whole = matmul(&a, &b);
        for i in 0..2 {
            let one = |x: &Array| {
                let size = x.len() / 2;
                Array::new(&x.shape[1..], x.data[i * size..(i + 1) * size].to_vec())
            };
            assert_eq!(one(&whole), matmul(&one(&a), &one(&b)));
        }
    }

    #[test]
    fn linear_gradients() {
        let (x, w, bias) = (Array::random(&[3, 5], 1), Array::random(&[5, 2], 2), Array::random(&[2], 3));
        let dy = Array::random(&[3, 2], 4);
        check(&x, &matmul_nt(&dy, &w), &dy, |x| linear_fwd(x, &w, Some(&bias)));
        check(&w, &matmul_tn(&x, &dy), &dy, |w| linear_fwd(&x, w, Some(&bias)));
        check(&bias, &column_sum(&dy), &dy, |bias| linear_fwd(&x, &w, Some(bias)));
    }
}
