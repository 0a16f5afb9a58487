//! Changes of layout: concatenation, upsampling, space to depth, joined rows.

use super::Array;

/// Concatenates two arrays along the last axis: `[.., A]`, `[.., B]` -> `[.., A + B]`. Backward: [`split`] of `dy` at A.
#[track_caller]
pub fn concat(a: &Array, b: &Array) -> Array {
    let rank = a.shape.len();
    assert!(
        rank == b.shape.len() && a.shape[..rank - 1] == b.shape[..rank - 1],
        "concat: {:?}, {:?}",
        a.shape,
        b.shape
    );
    let mut shape = a.shape.clone();
    shape[rank - 1] += b.channels();
    Array::new(&shape, (0..a.rows()).flat_map(|r| [a.row(r), b.row(r)].concat()).collect())
}

/// Splits an array along the last axis after `first` channels, the inverse of [`concat()`].
#[track_caller]
pub fn split(x: &Array, first: usize) -> (Array, Array) {
    let channels = x.channels();
    assert!(first <= channels, "split: {:?} after {first}", x.shape);
    let part = |range: std::ops::Range<usize>| {
        let mut shape = x.shape.clone();
        *shape.last_mut().expect("an array has axes") = range.len();
        Array::new(&shape, (0..x.rows()).flat_map(|r| x.row(r)[range.clone()].to_vec()).collect())
    };
    (part(0..first), part(first..channels))
}

/// The sizes of `[N, H, W, C]`.
#[track_caller]
fn sizes(op: &str, x: &Array) -> [usize; 4] {
    x.shape[..].try_into().unwrap_or_else(|_| panic!("{op}: expected [N, H, W, C], got {:?}", x.shape))
}

/// Nearest-neighbour upsampling by two: `[N, H, W, C]` -> `[N, 2H, 2W, C]`.
#[track_caller]
pub fn upsample_fwd(x: &Array) -> Array {
    let [n, height, width, channels] = sizes("upsample_fwd", x);
    let mut y = Array::zeros(&[n, 2 * height, 2 * width, channels]);
    for i in 0..n {
        for h in 0..2 * height {
            for w in 0..2 * width {
                for c in 0..channels {
                    y[[i, h, w, c]] = x[[i, h / 2, w / 2, c]];
                }
            }
        }
    }
    y
}

/// Gradient of [`upsample_fwd`]: the sum over the four copies of each position.
#[track_caller]
pub fn upsample_bwd(dy: &Array) -> Array {
    let [n, height, width, channels] = sizes("upsample_bwd", dy);
    let mut dx = Array::zeros(&[n, height / 2, width / 2, channels]);
    for i in 0..n {
        for h in 0..height {
            for w in 0..width {
                for c in 0..channels {
                    dx[[i, h / 2, w / 2, c]] += dy[[i, h, w, c]];
                }
            }
        }
    }
    dx
}

/// `[N, p h, p w, C]` -> `[N, h, w, C p p]`, channel `c p p + p row + column` (pixel unshuffle). Backward:
/// [`depth_to_space`].
#[track_caller]
pub fn space_to_depth(x: &Array, p: usize) -> Array {
    let [n, height, width, channels] = sizes("space_to_depth", x);
    assert!(height.is_multiple_of(p) && width.is_multiple_of(p), "space_to_depth: {:?} by {p}", x.shape);
    let mut y = Array::zeros(&[n, height / p, width / p, channels * p * p]);
    for i in 0..n {
        for h in 0..height {
            for w in 0..width {
                for c in 0..channels {
                    y[[i, h / p, w / p, c * p * p + p * (h % p) + w % p]] = x[[i, h, w, c]];
                }
            }
        }
    }
    y
}

/// `[N, h, w, C p p]` -> `[N, p h, p w, C]`, the inverse of [`space_to_depth`] (pixel shuffle). Backward: [`space_to_depth`].
#[track_caller]
pub fn depth_to_space(x: &Array, p: usize) -> Array {
    let [n, height, width, deep] = sizes("depth_to_space", x);
    assert!(deep.is_multiple_of(p * p), "depth_to_space: {:?} by {p}", x.shape);
    let mut y = Array::zeros(&[n, height * p, width * p, deep / (p * p)]);
    for i in 0..n {
        for h in 0..height * p {
            for w in 0..width * p {
                for c in 0..deep / (p * p) {
                    y[[i, h, w, c]] = x[[i, h / p, w / p, c * p * p + p * (h % p) + w % p]];
                }
            }
        }
    }
    y
}

/// `[N, r h, w, C]` -> `[N, h, w, r C]`: every r rows of positions as one, channel `i C + c` that of row i. Backward: [`part_rows`].
#[track_caller]
pub fn join_rows(x: &Array, r: usize) -> Array {
    let [n, height, width, channels] = sizes("join_rows", x);
    assert!(height.is_multiple_of(r), "join_rows: {:?} by {r}", x.shape);
    let mut y = Array::zeros(&[n, height / r, width, r * channels]);
    for i in 0..n {
        for h in 0..height {
            for w in 0..width {
                for c in 0..channels {
                    y[[i, h / r, w, h % r * channels + c]] = x[[i, h, w, c]];
                }
            }
        }
    }
    y
}

/// `[N, h, w, r C]` -> `[N, r h, w, C]`, the inverse of [`join_rows`]. Backward: [`join_rows`].
#[track_caller]
pub fn part_rows(x: &Array, r: usize) -> Array {
    let [n, height, width, deep] = sizes("part_rows", x);
    assert!(deep.is_multiple_of(r), "part_rows: {:?} by {r}", x.shape);
    let channels = deep / r;
    let mut y = Array::zeros(&[n, height * r, width, channels]);
    for i in 0..n {
        for h in 0..height * r {
            for w in 0..width {
                for c in 0..channels {
                    y[[i, h, w, c]] = x[[i, h / r, w, h % r * channels + c]];
                }
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn concat_is_undone_by_split() {
        let (a, b) = (Array::random(&[2, 3, 1], 1), Array::random(&[2, 3, 4], 2));
        assert_eq!(split(&concat(&a, &b), 1), (a, b));
    }

    #[test]
    fn space_to_depth_has_the_channel_order_of_pixel_unshuffle() {
        let x = Array::new(&[1, 2, 2, 2], (0..8).map(f64::from).collect());
        // Channel 0 holds 0 2 4 6 (rows 0 2 and 4 6), channel 1 the odd numbers.
        assert_eq!(space_to_depth(&x, 2).data, [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
        let x = Array::random(&[2, 6, 9, 2], 1);
        assert_eq!(depth_to_space(&space_to_depth(&x, 3), 3), x);
    }

    #[test]
    fn joined_rows_keep_their_order() {
        let x = Array::new(&[1, 2, 2, 2], (0..8).map(f64::from).collect());
        // Position (0, 0) holds 0 1 of row 0, then 4 5 of row 1.
        assert_eq!(join_rows(&x, 2).data, [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0]);
        let x = Array::random(&[2, 6, 4, 3], 1);
        assert_eq!(part_rows(&join_rows(&x, 3), 3), x);
    }

    #[test]
    fn layout_gradients() {
        let (x, dy) = (Array::random(&[2, 2, 3, 2], 1), Array::random(&[2, 4, 6, 2], 2));
        check(&x, &upsample_bwd(&dy), &dy, upsample_fwd);
        let (x, dy) = (Array::random(&[1, 4, 6, 2], 3), Array::random(&[1, 2, 3, 8], 4));
        check(&x, &depth_to_space(&dy, 2), &dy, |x| space_to_depth(x, 2));
        let dy = Array::random(&[1, 2, 6, 4], 5);
        check(&x, &part_rows(&dy, 2), &dy, |x| join_rows(x, 2));
    }
}
