//! Group normalisation, with a scale and shift per sample and SiLU fused into it.

use super::{Array, silu, silu_derivative};

/// Parameters of [`group_norm_fwd`].
#[derive(Debug, Clone, Copy)]
pub struct GroupNorm<'a> {
    /// Scale of each channel, `[C]`.
    pub gamma: &'a Array,
    /// Shift of each channel, `[C]`.
    pub beta: &'a Array,
    /// Number of groups; divides C.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
    /// `[N, 2 C]`: for each sample first C scales, then C shifts.
    pub scale_shift: Option<&'a Array>,
    /// Whether SiLU follows.
    pub silu: bool,
}

/// Gradients of [`group_norm_fwd`].
#[derive(Debug, Clone)]
pub struct GroupNormGradients {
    /// `[N, .., C]`.
    pub dx: Array,
    /// `[C]`.
    pub dgamma: Array,
    /// `[C]`.
    pub dbeta: Array,
    /// `[N, 2 C]`; `None` without a scale and shift.
    pub dscale_dshift: Option<Array>,
}

/// A normalised input, its positions in one axis.
struct Normalised {
    batch: usize,
    positions: usize,
    /// `(x - mean) rstd`, `[N, P, C]`.
    xhat: Array,
    /// `1 / sqrt(var + eps)`, `[N, groups]`.
    rstd: Array,
}

impl GroupNorm<'_> {
    /// `(1 + scale, shift)` of a sample's channel; `(1, 0)` without a table.
    fn modulation(&self, n: usize, c: usize) -> (f64, f64) {
        match self.scale_shift {
            Some(table) => (table[[n, c]] + 1.0, table[[n, self.gamma.len() + c]]),
            None => (1.0, 0.0),
        }
    }

    #[track_caller]
    fn normalise(&self, x: &Array) -> Normalised {
        let (batch, channels) = (x.shape[0], x.channels());
        assert!(
            channels == self.gamma.len() && channels == self.beta.len() && channels.is_multiple_of(self.groups),
            "group_norm: x {:?}, gamma {:?}, {} groups",
            x.shape,
            self.gamma.shape,
            self.groups
        );
        let (positions, width) = (x.rows() / batch, channels / self.groups);
        let mut xhat = x.reshaped(&[batch, positions, channels]);
        let mut rstd = Array::zeros(&[batch, self.groups]);
        let count = (positions * width) as f64;
        for n in 0..batch {
            for g in 0..self.groups {
                let members = || (0..positions).flat_map(move |p| (g * width..(g + 1) * width).map(move |c| [n, p, c]));
                let mean = members().map(|at| xhat[at]).sum::<f64>() / count;
                let variance = members().map(|at| (xhat[at] - mean).powi(2)).sum::<f64>() / count;
                rstd[[n, g]] = 1.0 / (variance + self.eps).sqrt();
                members().for_each(|at| xhat[at] = (xhat[at] - mean) * rstd[[n, g]]);
            }
        }
        Normalised { batch, positions, xhat, rstd }
    }
}

/// `y = act((gamma xhat + beta) (1 + scale) + shift)`, `xhat = (x - mean) / sqrt(var + eps)` (Wu and He 2018), x `[N, .., C]`.
///
/// Mean and (biased) variance are over each sample's group: its C / groups channels at all positions. Scale and shift are
/// those of the U-Net's time embedding; `act` is SiLU or the identity.
#[track_caller]
pub fn group_norm_fwd(x: &Array, norm: &GroupNorm) -> Array {
    let Normalised { batch, positions, mut xhat, .. } = norm.normalise(x);
    for n in 0..batch {
        for p in 0..positions {
            for c in 0..norm.gamma.len() {
                let (one_plus_scale, shift) = norm.modulation(n, c);
                let z = (norm.gamma[[c]] * xhat[[n, p, c]] + norm.beta[[c]]) * one_plus_scale + shift;
                xhat[[n, p, c]] = if norm.silu { silu(z) } else { z };
            }
        }
    }
    xhat.reshaped(&x.shape)
}

/// Gradients of [`group_norm_fwd`].
///
/// With z the argument of `act`, `dz = dy act'(z)` and `dxhat = dz gamma (1 + scale)`:
/// `dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))`, the means over the group.
#[track_caller]
pub fn group_norm_bwd(x: &Array, norm: &GroupNorm, dy: &Array) -> GroupNormGradients {
    assert_eq!(x.shape, dy.shape, "group_norm_bwd: x {:?}, dy {:?}", x.shape, dy.shape);
    let Normalised { batch, positions, xhat, rstd } = norm.normalise(x);
    let channels = norm.gamma.len();
    let width = channels / norm.groups;
    let dy = dy.reshaped(&xhat.shape);
    let (mut dgamma, mut dbeta) = (Array::zeros(&[channels]), Array::zeros(&[channels]));
    let mut dscale_dshift = Array::zeros(&[batch, 2 * channels]);
    let mut dxhat = Array::zeros(&xhat.shape);
    for n in 0..batch {
        for p in 0..positions {
            for c in 0..channels {
                let at = [n, p, c];
                let (one_plus_scale, shift) = norm.modulation(n, c);
                let affine = norm.gamma[[c]] * xhat[at] + norm.beta[[c]];
                let z = affine * one_plus_scale + shift;
                let dz = if norm.silu { dy[at] * silu_derivative(z) } else { dy[at] };
                dscale_dshift[[n, c]] += dz * affine;
                dscale_dshift[[n, channels + c]] += dz;
                dgamma[[c]] += dz * one_plus_scale * xhat[at];
                dbeta[[c]] += dz * one_plus_scale;
                dxhat[at] = dz * one_plus_scale * norm.gamma[[c]];
            }
        }
    }
    let mut dx = Array::zeros(&xhat.shape);
    let count = (positions * width) as f64;
    for n in 0..batch {
        for g in 0..norm.groups {
            let members = || (0..positions).flat_map(move |p| (g * width..(g + 1) * width).map(move |c| [n, p, c]));
            let mean_dxhat = members().map(|at| dxhat[at]).sum::<f64>() / count;
            let mean_dxhat_xhat = members().map(|at| dxhat[at] * xhat[at]).sum::<f64>() / count;
            members().for_each(|at| {
                dx[at] = rstd[[n, g]] * (dxhat[at] - mean_dxhat - xhat[at] * mean_dxhat_xhat);
            });
        }
    }
    GroupNormGradients {
        dx: dx.reshaped(&x.shape),
        dgamma,
        dbeta,
        dscale_dshift: norm.scale_shift.is_some().then_some(dscale_dshift),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;

    #[test]
    fn each_group_has_mean_zero_and_variance_one() {
        let x = Array::random(&[2, 3, 5, 6], 1).map(|x| 3.0 * x + 7.0);
        let (gamma, beta) = (Array::full(&[6], 1.0), Array::zeros(&[6]));
        let norm = GroupNorm { gamma: &gamma, beta: &beta, groups: 2, eps: 0.0, scale_shift: None, silu: false };
        let y = group_norm_fwd(&x, &norm);
        for (n, g) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let group: Vec<f64> = (0..15).flat_map(|p| y.row(n * 15 + p)[3 * g..3 * g + 3].to_vec()).collect();
            let mean = group.iter().sum::<f64>() / 45.0;
            let variance = group.iter().map(|x| x * x).sum::<f64>() / 45.0;
            assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn group_norm_gradients() {
        let x = Array::random(&[2, 2, 3, 6], 1);
        let (gamma, beta) = (Array::random(&[6], 2), Array::random(&[6], 3));
        let (table, dy) = (Array::random(&[2, 12], 4), Array::random(&x.shape, 5));
        for (groups, scale_shift, silu) in
            [(1, None, false), (2, Some(&table), true), (3, Some(&table), false), (6, None, true)]
        {
            let norm = GroupNorm { gamma: &gamma, beta: &beta, groups, eps: 1e-5, scale_shift, silu };
            let gradients = group_norm_bwd(&x, &norm, &dy);
            check(&x, &gradients.dx, &dy, |x| group_norm_fwd(x, &norm));
            check(&gamma, &gradients.dgamma, &dy, |gamma| group_norm_fwd(&x, &GroupNorm { gamma, ..norm }));
            check(&beta, &gradients.dbeta, &dy, |beta| group_norm_fwd(&x, &GroupNorm { beta, ..norm }));
            assert_eq!(gradients.dscale_dshift.is_some(), scale_shift.is_some());
            if let Some(gradient) = gradients.dscale_dshift {
                check(&table, &gradient, &dy, |table| {
                    group_norm_fwd(&x, &GroupNorm { scale_shift: Some(table), ..norm })
                });
            }
        }
    }
}
