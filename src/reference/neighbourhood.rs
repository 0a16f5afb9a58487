//! Neighbourhood attention: each position attends to a window around it (Hassani et al. 2023, arXiv 2204.07143).

use std::ops::Range;

use super::array::Array;
use super::attention::{masked_attention_bwd, masked_attention_fwd};
use super::heads::{merge_heads, pack_qkv, split_heads, unpack_qkv};

/// Side of the window.
pub const NEIGHBOURHOOD: usize = 7;

/// The window of position `i` of `n`: centred on it, and shifted inwards at the borders so that it always has
/// [`NEIGHBOURHOOD`] positions, or all `n` where there are fewer.
fn window(i: usize, n: usize) -> Range<usize> {
    let start = i.saturating_sub(NEIGHBOURHOOD / 2).min(n.saturating_sub(NEIGHBOURHOOD));
    start..(start + NEIGHBOURHOOD).min(n)
}

/// The positions, counted row by row, that position `i` of a grid `width` wide attends to.
fn neighbours(i: usize, height: usize, width: usize) -> Vec<usize> {
    window(i / width, height).flat_map(|y| window(i % width, width).map(move |x| y * width + x)).collect()
}

/// q, k and v, each `[B, heads, H W, D]`, the grid's height and width, and the scale `D^-1/2`.
#[track_caller]
fn unpack(qkv: &Array, heads: usize) -> ([Array; 3], usize, usize, f64) {
    let [batch, height, width, channels] = qkv.shape[..] else {
        panic!("neighbourhood_attention: expected [B, H, W, 3 heads D], got {:?}", qkv.shape)
    };
    let packed = unpack_qkv(&qkv.reshaped(&[batch, height * width, channels]), heads);
    let scale = (packed[0].channels() as f64).powf(-0.5);
    (packed, height, width, scale)
}

/// Multi-head attention of each position to the 7x7 window around it: qkv `[B, H, W, 3 heads D]` -> `[B, H, W, heads D]`.
///
/// Channels of qkv are in the order (q k v, head, D); the scale is `D^-1/2`.
#[track_caller]
pub fn neighbourhood_attention_fwd(qkv: &Array, heads: usize) -> Array {
    let ([q, k, v], height, width, scale) = unpack(qkv, heads);
    let y = masked_attention_fwd([&q, &k, &v], scale, |i| neighbours(i, height, width));
    merge_heads(&y).reshaped(&[qkv.shape[0], height, width, qkv.channels() / 3])
}

/// Gradient of [`neighbourhood_attention_fwd`] with respect to qkv.
#[track_caller]
pub fn neighbourhood_attention_bwd(qkv: &Array, heads: usize, dy: &Array) -> Array {
    let ([q, k, v], height, width, scale) = unpack(qkv, heads);
    let dy = split_heads(&dy.reshaped(&[qkv.shape[0], height * width, qkv.channels() / 3]), heads);
    let gradients = masked_attention_bwd([&q, &k, &v], scale, |i| neighbours(i, height, width), &dy);
    pack_qkv(&gradients).reshaped(&qkv.shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{attention_fwd, gradient_check::check};

    #[test]
    fn windows_are_shifted_inwards_at_the_borders() {
        let windows: Vec<Range<usize>> = (0..9).map(|i| window(i, 9)).collect();
        assert_eq!(windows, [0..7, 0..7, 0..7, 0..7, 1..8, 2..9, 2..9, 2..9, 2..9]);
        assert_eq!(window(2, 4), 0..4);
    }

    #[test]
    fn on_a_seven_by_seven_grid_every_position_sees_every_other() {
        let qkv = Array::random(&[1, 7, 7, 12], 1);
        let [q, k, v] = unpack_qkv(&qkv.reshaped(&[1, 49, 12]), 2);
        let full = merge_heads(&attention_fwd(&q, &k, &v, 0.5f64.sqrt()));
        let near = neighbourhood_attention_fwd(&qkv, 2);
        assert!(full.data.iter().zip(&near.data).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn neighbourhood_gradients() {
        let (qkv, dy) = (Array::random(&[1, 8, 9, 6], 1), Array::random(&[1, 8, 9, 2], 2));
        check(&qkv, &neighbourhood_attention_bwd(&qkv, 2, &dy), &dy, |qkv| neighbourhood_attention_fwd(qkv, 2));
    }
}
