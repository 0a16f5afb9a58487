//! Packing of attention heads: `[B, L, heads D]` to `[B, heads, L, D]` and back, and q, k, v in one array.

use super::{Array, concat, split};

/// `[B, L, heads D]` -> `[B, heads, L, D]`.
#[track_caller]
pub fn split_heads(x: &Array, heads: usize) -> Array {
    let [batch, positions, channels] = x.shape[..] else {
        panic!("split_heads: expected [B, L, C], got {:?}", x.shape)
    };
    assert!(channels.is_multiple_of(heads), "split_heads: {:?} into {heads} heads", x.shape);
    let width = channels / heads;
    let mut y = Array::zeros(&[batch, heads, positions, width]);
    for b in 0..batch {
        for l in 0..positions {
            for h in 0..heads {
                for d in 0..width {
                    y[[b, h, l, d]] = x[[b, l, h * width + d]];
                }
            }
        }
    }
    y
}

/// `[B, heads, L, D]` -> `[B, L, heads D]`, the inverse of [`split_heads`].
#[track_caller]
pub fn merge_heads(x: &Array) -> Array {
    let [batch, heads, positions, width] = x.shape[..] else {
        panic!("merge_heads: expected [B, heads, L, D], got {:?}", x.shape)
    };
    let mut y = Array::zeros(&[batch, positions, heads * width]);
    for b in 0..batch {
        for l in 0..positions {
            for h in 0..heads {
                for d in 0..width {
                    y[[b, l, h * width + d]] = x[[b, h, l, d]];
                }
            }
        }
    }
    y
}

/// `[B, L, 3 heads D]`, channels in the order (q k v, head, D), -> q, k, v, each `[B, heads, L, D]`.
#[track_caller]
pub fn unpack_qkv(qkv: &Array, heads: usize) -> [Array; 3] {
    let third = qkv.channels() / 3;
    let (q, rest) = split(qkv, third);
    let (k, v) = split(&rest, third);
    [q, k, v].map(|x| split_heads(&x, heads))
}

/// The inverse of [`unpack_qkv`].
#[track_caller]
pub fn pack_qkv([q, k, v]: &[Array; 3]) -> Array {
    concat(&concat(&merge_heads(q), &merge_heads(k)), &merge_heads(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_undone_by_unpacking() {
        let qkv = Array::random(&[2, 3, 24], 1);
        let [q, k, v] = unpack_qkv(&qkv, 2);
        assert_eq!(pack_qkv(&[q.clone(), k.clone(), v.clone()]), qkv);
        assert_eq!(q[[1, 1, 2, 3]], qkv[[1, 2, 7]]);
        assert_eq!(k[[1, 0, 2, 3]], qkv[[1, 2, 11]]);
        assert_eq!(v[[0, 1, 0, 0]], qkv[[0, 0, 20]]);
    }
}
