//! Rotary position embedding over flattened positions (Su et al. 2021, arXiv 2104.09864).

use super::Array;

/// Rotates pair p of `[B, L, C]` at position l by the angle `direction l 10000^(-p / (C/2))`; C is even.
fn rotate(x: &Array, direction: f64) -> Array {
    let half = x.channels() / 2;
    let mut y = Array::zeros(&x.shape);
    for b in 0..x.shape[0] {
        for l in 0..x.shape[1] {
            for p in 0..half {
                let angle = direction * l as f64 * (-(p as f64) * 10_000f64.ln() / half as f64).exp();
                let (sin, cos) = angle.sin_cos();
                let (even, odd) = (x[[b, l, 2 * p]], x[[b, l, 2 * p + 1]]);
                y[[b, l, 2 * p]] = even * cos - odd * sin;
                y[[b, l, 2 * p + 1]] = odd * cos + even * sin;
            }
        }
    }
    y
}

/// `x` `[B, L, C]` zero-padded or truncated to `channels` channels.
fn resized(x: &Array, channels: usize) -> Array {
    let mut y = Array::zeros(&[x.shape[0], x.shape[1], channels]);
    for r in 0..x.rows() {
        for (y, x) in y.row_mut(r).iter_mut().zip(x.row(r)) {
            *y = *x;
        }
    }
    y
}

/// Rotates neighbouring channels (2p, 2p+1) at position l by the angle `l 10000^(-p / (C/2))`.
///
/// `[B, L, C]` -> `[B, L, C]`; an odd C is first padded with a zero channel, and the output has C + 1.
#[track_caller]
pub fn rope_fwd(x: &Array) -> Array {
    assert_eq!(x.shape.len(), 3, "rope_fwd: expected [B, L, C], got {:?}", x.shape);
    rotate(&resized(x, x.channels().next_multiple_of(2)), 1.0)
}

/// Gradient of [`rope_fwd`] with respect to an input of `channels` channels: the inverse rotation.
#[track_caller]
pub fn rope_bwd(dy: &Array, channels: usize) -> Array {
    assert_eq!(dy.channels(), channels.next_multiple_of(2), "rope_bwd: dy {:?}, {channels} channels", dy.shape);
    resized(&rotate(dy, -1.0), channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{dot, gradient_check::check};

    #[test]
    fn the_first_pair_rotates_by_one_radian_per_position() {
        let y = rope_fwd(&Array::new(&[1, 3, 2], vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0]));
        let expected = [1.0, 0.0, 1f64.cos(), 1f64.sin(), -(2f64.sin()), 2f64.cos()];
        assert!(y.data.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn inner_products_depend_on_the_distance_alone() {
        let (q, k) = (Array::random(&[1, 1, 6], 1), Array::random(&[1, 1, 6], 2));
        let repeated = |x: &Array| rope_fwd(&Array::new(&[1, 9, 6], x.data.repeat(9)));
        let (q, k) = (repeated(&q), repeated(&k));
        assert!((dot(q.row(2), k.row(5)) - dot(q.row(5), k.row(8))).abs() < 1e-12);
        assert!((dot(q.row(2), k.row(5)) - dot(q.row(5), k.row(2))).abs() > 1e-3);
    }

    #[test]
    fn rope_gradients() {
        for channels in [1, 4, 5] {
            let x = Array::random(&[2, 3, channels], 1);
            let dy = Array::random(&rope_fwd(&x).shape, 2);
            check(&x, &rope_bwd(&dy, channels), &dy, rope_fwd);
        }
    }
}
