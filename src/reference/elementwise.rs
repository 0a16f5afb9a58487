//! Elementwise sums, casts and scalings.

use super::{Array, dot};

/// `a + b`, of equal shape. Backward: `dy` for both.
#[track_caller]
pub fn add(a: &Array, b: &Array) -> Array {
    a.zip(b, |a, b| a + b)
}

/// Rounds to f16 (IEEE 754 binary16), ties to even: 11 significant bits, subnormal steps of 2^-24 below 2^-14, infinite from
/// 65520.
pub fn f16(x: f64) -> f64 {
    let step = x.abs().log2().floor().clamp(-14.0, 1023.0).exp2() / 1024.0;
    let rounded = (x / step).round_ties_even() * step;
    if rounded.abs() > 65_504.0 { f64::INFINITY.copysign(x) } else { rounded }
}

/// `x` rounded to f16. Backward: `dy`.
pub fn cast(x: &Array) -> Array {
    x.map(f16)
}

/// `x + bias` with bias `[C]` added to every row. Backward: `dy`, and `column_sum(dy)` for the bias.
#[track_caller]
pub fn add_bias(x: &Array, bias: &Array) -> Array {
    assert_eq!(bias.shape, [x.channels()], "add_bias: {:?} + {:?}", x.shape, bias.shape);
    let mut y = x.clone();
    for r in 0..y.rows() {
        for (value, bias) in y.row_mut(r).iter_mut().zip(&bias.data) {
            *value += bias;
        }
    }
    y
}

/// `x` times a learned scalar `gamma` `[1]`.
#[track_caller]
pub fn scale_fwd(x: &Array, gamma: &Array) -> Array {
    let gamma = gamma[[0]];
    x.map(|x| gamma * x)
}

/// Gradients of [`scale_fwd`]: `dx = gamma dy`, `dgamma = sum(x dy)`.
#[track_caller]
pub fn scale_bwd(x: &Array, gamma: &Array, dy: &Array) -> (Array, Array) {
    (scale_fwd(dy, gamma), Array::new(&[1], vec![dot(&x.data, &dy.data)]))
}

/// `x + (1 + g) f` with a gate for each channel of each sample: x and f `[N, .., C]`, g `[N, C]` (Peebles and Xie 2022, arXiv
/// 2212.09748, section 3.2).
#[track_caller]
pub fn gate_fwd(x: &Array, f: &Array, g: &Array) -> Array {
    let mut y = x.clone();
    let positions = x.rows() / g.rows();
    for r in 0..y.rows() {
        for (c, value) in y.row_mut(r).iter_mut().enumerate() {
            *value += (1.0 + g.row(r / positions)[c]) * f.row(r)[c];
        }
    }
    y
}

/// Gradients of [`gate_fwd`]: `dx = dy`, `df = (1 + g) dy`, `dg = sum over positions of f dy`.
#[track_caller]
pub fn gate_bwd(f: &Array, g: &Array, dy: &Array) -> (Array, Array, Array) {
    let (mut df, mut dg) = (dy.clone(), g.map(|_| 0.0));
    let positions = dy.rows() / g.rows();
    for r in 0..dy.rows() {
        let sample = r / positions;
        for c in 0..dy.channels() {
            df.row_mut(r)[c] *= 1.0 + g.row(sample)[c];
            dg.row_mut(sample)[c] += f.row(r)[c] * dy.row(r)[c];
        }
    }
    (dy.clone(), df, dg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn scale_gradients() {
        let (x, gamma, dy) = (Array::random(&[2, 3], 1), Array::random(&[1], 2), Array::random(&[2, 3], 3));
        let (dx, dgamma) = scale_bwd(&x, &gamma, &dy);
        check(&x, &dx, &dy, |x| scale_fwd(x, &gamma));
        check(&gamma, &dgamma, &dy, |gamma| scale_fwd(&x, gamma));
    }

    #[test]
    fn gate_gradients() {
        let [x, f, dy] = [1, 2, 3].map(|seed| Array::random(&[2, 3, 4], seed));
        let g = Array::random(&[2, 4], 4);
        let (dx, df, dg) = gate_bwd(&f, &g, &dy);
        check(&x, &dx, &dy, |x| gate_fwd(x, &f, &g));
        check(&f, &df, &dy, |f| gate_fwd(&x, f, &g));
        check(&g, &dg, &dy, |g| gate_fwd(&x, &f, g));
    }

    #[test]
    fn rounds_as_ieee_754_does() {
        let mut values: Vec<f64> = (0..4000).map(|i| 1e-9 * 1.01f64.powi(i)).collect();
        values.extend([0.0, 2f64.powi(-25), 3.0 * 2f64.powi(-25), 65_519.0, 65_520.0, 2049.0, 2051.0, f64::INFINITY]);
        for x in values {
            assert_eq!(f16(-x), half::f16::from_f64(-x).to_f64(), "{x}");
        }
        assert!(f16(f64::NAN).is_nan());
    }
}
