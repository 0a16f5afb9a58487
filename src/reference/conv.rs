//! Two-dimensional convolution with padding of half the kernel.

use super::{Array, add_bias};

/// The output size of a convolution along one axis: `(n + 2 (k / 2) - k) / stride + 1`.
pub fn conv_size(n: usize, kernel: usize, stride: usize) -> usize {
    (n + 2 * (kernel / 2) - kernel) / stride + 1
}

/// Calls `visit(input row, output row, tap row, tap column)` for every pair of input and output positions connected by a tap.
/// Positions are rows: input `[N, H, W]`, output `[N, conv_size(H), conv_size(W)]`.
fn for_each_tap(
    [batch, height, width]: [usize; 3],
    [kernel_h, kernel_w]: [usize; 2],
    stride: usize,
    mut visit: impl FnMut(usize, usize, usize, usize),
) {
    let (out_h, out_w) = (conv_size(height, kernel_h, stride), conv_size(width, kernel_w, stride));
    // The input position of tap `tap` of output `o`, unless it is in the padding.
    let source =
        |o: usize, tap: usize, kernel: usize, n: usize| (o * stride + tap).checked_sub(kernel / 2).filter(|&i| i < n);
    for n in 0..batch {
        for oy in 0..out_h {
            for ox in 0..out_w {
                for ty in 0..kernel_h {
                    let Some(iy) = source(oy, ty, kernel_h, height) else { continue };
                    for tx in 0..kernel_w {
                        let Some(ix) = source(ox, tx, kernel_w, width) else { continue };
                        visit((n * height + iy) * width + ix, (n * out_h + oy) * out_w + ox, ty, tx);
                    }
                }
            }
        }
    }
}

/// The sizes of activations `[N, H, W, C]` or of a kernel `[kh, kw, C_in, C_out]`.
#[track_caller]
fn four(op: &str, x: &Array) -> [usize; 4] {
    x.shape[..].try_into().unwrap_or_else(|_| panic!("{op}: expected four axes, got {:?}", x.shape))
}

/// `y[n, oy, ox, o] = bias[o] + sum_{ty, tx, i} x[n, oy s + ty - kh/2, ox s + tx - kw/2, i] w[ty, tx, i, o]`.
///
/// x `[N, H, W, C_in]`, w `[kh, kw, C_in, C_out]`, bias `[C_out]`; x is zero-padded.
#[track_caller]
pub fn conv_fwd(x: &Array, w: &Array, bias: Option<&Array>, stride: usize) -> Array {
    let ([n, height, width, c_in], [kh, kw, w_in, c_out]) = (four("conv_fwd", x), four("conv_fwd", w));
    assert_eq!(c_in, w_in, "conv_fwd: x {:?}, w {:?}", x.shape, w.shape);
    let mut y = Array::zeros(&[n, conv_size(height, kh, stride), conv_size(width, kw, stride), c_out]);
    for_each_tap([n, height, width], [kh, kw], stride, |input, output, ty, tx| {
        for (i, value) in x.row(input).iter().enumerate() {
            for (sum, weight) in y.row_mut(output).iter_mut().zip(w.row((ty * kw + tx) * c_in + i)) {
                *sum += value * weight;
            }
        }
    });
    match bias {
        Some(bias) => add_bias(&y, bias),
        None => y,
    }
}

/// Gradient of [`conv_fwd`] with respect to its input of `[H, W]` positions (transposed convolution):
/// `dx[n, iy, ix, i] = sum_{ty, tx, o} dy[n, oy, ox, o] w[ty, tx, i, o]` over all outputs and taps that read (iy, ix).
#[track_caller]
pub fn conv_dx(dy: &Array, w: &Array, stride: usize, [height, width]: [usize; 2]) -> Array {
    let ([n, out_h, out_w, dy_out], [kh, kw, c_in, c_out]) = (four("conv_dx", dy), four("conv_dx", w));
    let expected = [conv_size(height, kh, stride), conv_size(width, kw, stride), c_out];
    assert_eq!([out_h, out_w, dy_out], expected, "conv_dx: dy {:?}, w {:?}", dy.shape, w.shape);
    let mut dx = Array::zeros(&[n, height, width, c_in]);
    for_each_tap([n, height, width], [kh, kw], stride, |input, output, ty, tx| {
        for (i, gradient) in dx.row_mut(input).iter_mut().enumerate() {
            *gradient += super::dot(dy.row(output), w.row((ty * kw + tx) * c_in + i));
        }
    });
    dx
}

/// Gradient of [`conv_fwd`] with respect to its weights, `[kernel, kernel, C_in, C_out]`: products of input and output
/// gradient, summed over positions.
///
/// The gradient with respect to the bias is `column_sum(dy)`.
#[track_caller]
pub fn conv_dw(x: &Array, dy: &Array, kernel: usize, stride: usize) -> Array {
    let ([n, height, width, c_in], [dy_n, out_h, out_w, c_out]) = (four("conv_dw", x), four("conv_dw", dy));
    let expected = [n, conv_size(height, kernel, stride), conv_size(width, kernel, stride)];
    assert_eq!([dy_n, out_h, out_w], expected, "conv_dw: x {:?}, dy {:?}", x.shape, dy.shape);
    let mut dw = Array::zeros(&[kernel, kernel, c_in, c_out]);
    for_each_tap([n, height, width], [kernel, kernel], stride, |input, output, ty, tx| {
        for (i, value) in x.row(input).iter().enumerate() {
            for (sum, gradient) in dw.row_mut((ty * kernel + tx) * c_in + i).iter_mut().zip(dy.row(output)) {
                *sum += value * gradient;
            }
        }
    });
    dw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{column_sum, gradient_check::check, linear_fwd};

    #[test]
    fn a_box_filter_counts_its_neighbours() {
        let y = conv_fwd(&Array::full(&[1, 3, 4, 1], 1.0), &Array::full(&[3, 3, 1, 1], 1.0), None, 1);
        assert_eq!(y.data, [4.0, 6.0, 6.0, 4.0, 6.0, 9.0, 9.0, 6.0, 4.0, 6.0, 6.0, 4.0]);
    }

    #[test]
    fn a_single_tap_shifts_the_input() {
        let x = Array::random(&[1, 4, 5, 1], 1);
        let mut w = Array::zeros(&[3, 3, 1, 1]);
        w[[0, 2, 0, 0]] = 1.0;
        let y = conv_fwd(&x, &w, None, 1);
        assert_eq!(y[[0, 2, 1, 0]], x[[0, 1, 2, 0]]);
        assert_eq!((y[[0, 0, 0, 0]], y[[0, 3, 4, 0]]), (0.0, 0.0));
    }

    #[test]
    fn a_one_by_one_convolution_is_a_linear_layer_on_rows() {
        let (x, w, bias) = (Array::random(&[2, 3, 4, 5], 1), Array::random(&[1, 1, 5, 3], 2), Array::random(&[3], 3));
        let rows = linear_fwd(&x.reshaped(&[24, 5]), &w.reshaped(&[5, 3]), Some(&bias));
        assert_eq!(conv_fwd(&x, &w, Some(&bias), 1).data, rows.data);
    }

    #[test]
    fn conv_gradients() {
        for (kernel, stride, height, width) in
            [(1, 1, 2, 3), (3, 1, 3, 4), (3, 2, 5, 4), (5, 1, 3, 2), (1, 2, 3, 4), (3, 2, 1, 1)]
        {
            let x = Array::random(&[2, height, width, 3], 1);
            let (w, bias) = (Array::random(&[kernel, kernel, 3, 2], 2), Array::random(&[2], 3));
            let dy = Array::random(&conv_fwd(&x, &w, None, stride).shape, 4);
            check(&x, &conv_dx(&dy, &w, stride, [height, width]), &dy, |x| conv_fwd(x, &w, Some(&bias), stride));
            check(&w, &conv_dw(&x, &dy, kernel, stride), &dy, |w| conv_fwd(&x, w, Some(&bias), stride));
            check(&bias, &column_sum(&dy), &dy, |bias| conv_fwd(&x, &w, Some(bias), stride));
        }
    }
}
