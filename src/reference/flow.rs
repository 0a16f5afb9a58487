//! Flow matching: the straight path from noise to data, distributions of time, and a solver step (Lipman et al. 2022, arXiv
//! 2210.02747; Liu et al. 2022, arXiv 2209.03003).

use super::{Array, sigmoid};

/// A point on the path of each sample, and its velocity: `x_t = (1 - t) x0 + t x1`, `target = x1 - x0`.
///
/// Noise x0 and data x1 `[N, ..]`, t `[N]` in [0, 1].
#[track_caller]
pub fn flow_mix(x0: &Array, x1: &Array, t: &[f64]) -> (Array, Array) {
    assert_eq!(x0.shape[0], t.len(), "flow_mix: x0 {:?}, {} times", x0.shape, t.len());
    let target = x0.zip(x1, |x0, x1| x1 - x0);
    let per_sample = x0.len() / t.len();
    let mut x = x0.clone();
    for (i, value) in x.data.iter_mut().enumerate() {
        let t = t[i / per_sample];
        *value = (1.0 - t) * *value + t * x1.data[i];
    }
    (x, target)
}

/// `y + dt v` with `v = v_u + guidance (v_c - v_u)` (Ho and Salimans 2022, arXiv 2207.12598), or `v = v_c` without guidance.
#[track_caller]
pub fn euler_step(y: &Array, v_cond: &Array, v_uncond: Option<&Array>, guidance: f64, dt: f64) -> Array {
    let velocity = match v_uncond {
        Some(v_uncond) => v_cond.zip(v_uncond, |c, u| u + guidance * (c - u)),
        None => v_cond.clone(),
    };
    y.zip(&velocity, |y, v| y + dt * v)
}

/// `c(t) x` with a factor for each sample: x `[N, ..]`, t `[N]`.
#[track_caller]
fn times(x: &Array, t: &[f64], c: impl Fn(f64) -> f64) -> Array {
    assert_eq!(x.shape[0], t.len(), "x {:?}, {} times", x.shape, t.len());
    let (mut y, per_sample) = (x.clone(), x.len() / t.len());
    y.data.iter_mut().enumerate().for_each(|(i, value)| *value *= c(t[i / per_sample]));
    y
}

/// The variance `t^2 + (1 - t)^2` of a point on the path between independent noise and data of variance 1.
fn variance(t: f64) -> f64 {
    t * t + (1.0 - t) * (1.0 - t)
}

/// `x / s` with `s^2 = t^2 + (1 - t)^2`: a point on the path, scaled to deviation 1. Its own gradient.
#[track_caller]
pub fn unit_deviation(x: &Array, t: &[f64]) -> Array {
    times(x, t, |t| 1.0 / variance(t).sqrt())
}

/// `((2 t - 1) x + s f) / s^2`: the best linear guess at the velocity, plus a network's output f scaled to the guess's error (after
/// Karras et al. 2022, arXiv 2206.00364, section 5).
#[track_caller]
pub fn preconditioned_fwd(x: &Array, f: &Array, t: &[f64]) -> Array {
    times(x, t, |t| (2.0 * t - 1.0) / variance(t)).zip(&times(f, t, |t| 1.0 / variance(t).sqrt()), |a, b| a + b)
}

/// Gradients of [`preconditioned_fwd`] with respect to x and f.
#[track_caller]
pub fn preconditioned_bwd(t: &[f64], dv: &Array) -> (Array, Array) {
    (times(dv, t, |t| (2.0 * t - 1.0) / variance(t)), times(dv, t, |t| 1.0 / variance(t).sqrt()))
}

/// Warps a uniform time: `4 (1 - s) t^3 + 6 (s - 1) t^2 + (3 - 2 s) t`; s is the slope at t = 1/2; s = 1 is the identity.
pub fn warp_time(t: f64, s: f64) -> f64 {
    4.0 * (1.0 - s) * t.powi(3) + 6.0 * (s - 1.0) * t.powi(2) + (3.0 - 2.0 * s) * t
}

/// A logit-normal time from a standard normal number: `sigmoid(mean + deviation normal)` (Esser et al. 2024, arXiv
/// 2403.03206, section 3.1).
pub fn logit_normal_time(normal: f64, mean: f64, deviation: f64) -> f64 {
    sigmoid(mean + deviation * normal)
}

/// Mean and (population) standard deviation of each channel of `[.., C]`, each `[C]`.
pub fn channel_statistics(x: &Array) -> (Vec<f64>, Vec<f64>) {
    let rows = x.rows() as f64;
    let column = |c: usize| (0..x.rows()).map(move |r| x.row(r)[c]);
    (0..x.channels())
        .map(|c| {
            let mean = column(c).sum::<f64>() / rows;
            (mean, (column(c).map(|x| (x - mean).powi(2)).sum::<f64>() / rows).sqrt())
        })
        .unzip()
}

/// `(x - mean) / deviation` per channel of `[.., C]`.
#[track_caller]
pub fn standardise(x: &Array, mean: &[f64], deviation: &[f64]) -> Array {
    by_channel(x, mean, deviation, |x, mean, deviation| (x - mean) / deviation)
}

/// `deviation x + mean` per channel of `[.., C]`, the inverse of [`standardise`].
#[track_caller]
pub fn unstandardise(x: &Array, mean: &[f64], deviation: &[f64]) -> Array {
    by_channel(x, mean, deviation, |x, mean, deviation| deviation * x + mean)
}

#[track_caller]
fn by_channel(x: &Array, mean: &[f64], deviation: &[f64], f: impl Fn(f64, f64, f64) -> f64) -> Array {
    let channels = x.channels();
    assert!(mean.len() == channels && deviation.len() == channels, "standardise: {:?}, {} means", x.shape, mean.len());
    let mut y = x.clone();
    for (i, value) in y.data.iter_mut().enumerate() {
        *value = f(*value, mean[i % channels], deviation[i % channels]);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::gradient_check::check;
    use crate::reference::sum;

    #[test]
    fn a_path_leads_from_noise_to_data() {
        let (x0, x1) = (Array::random(&[3, 2, 2], 1), Array::random(&[3, 2, 2], 2));
        let (x, target) = flow_mix(&x0, &x1, &[0.0, 1.0, 0.25]);
        assert_eq!((&x.data[..4], &x.data[4..8]), (&x0.data[..4], &x1.data[4..8]));
        assert!((x.data[8] - 0.75 * x0.data[8] - 0.25 * x1.data[8]).abs() < 1e-15);
        assert_eq!(target.data[5], x1.data[5] - x0.data[5]);
    }

    #[test]
    fn preconditioning_gradients() {
        let [x, f, dv] = [1, 2, 3].map(|seed| Array::random(&[3, 4], seed));
        let t = [0.0, 0.3, 0.9];
        let (dx, df) = preconditioned_bwd(&t, &dv);
        check(&x, &dx, &dv, |x| preconditioned_fwd(x, &f, &t));
        check(&f, &df, &dv, |f| preconditioned_fwd(&x, f, &t));
        check(&x, &unit_deviation(&dv, &t), &dv, |x| unit_deviation(x, &t));
        // All noise at t = 0, all data at t = 1.
        assert_eq!(preconditioned_fwd(&x, &f.map(|_| 0.0), &[0.0, 1.0, 0.5]).row(0), x.map(|x| -x).row(0));
    }

    #[test]
    fn one_step_along_the_target_reaches_the_data() {
        let (x0, x1) = (Array::random(&[2, 3], 1), Array::random(&[2, 3], 2));
        let (_, target) = flow_mix(&x0, &x1, &[0.0, 0.0]);
        let arrived = euler_step(&x0, &target, None, 1.0, 1.0).zip(&x1, |a, b| (a - b).abs());
        assert!(sum(&arrived) < 1e-12);
    }

    #[test]
    fn guidance_extrapolates_from_unconditional_to_conditional() {
        let one = |x| Array::full(&[1], x);
        let step = |guidance| euler_step(&one(1.0), &one(3.0), Some(&one(2.0)), guidance, 0.5).data[0];
        assert_eq!((step(0.0), step(1.0), step(3.0)), (2.0, 2.5, 3.5));
    }

    #[test]
    fn a_warp_keeps_its_ends_and_middle() {
        assert_eq!((warp_time(0.0, 0.5), warp_time(0.5, 0.5), warp_time(1.0, 0.5)), (0.0, 0.5, 1.0));
        assert_eq!(warp_time(0.3, 1.0), 0.3);
        let slope = (warp_time(0.5 + 1e-6, 0.5) - warp_time(0.5 - 1e-6, 0.5)) / 2e-6;
        assert!((slope - 0.5).abs() < 1e-6);
        assert_eq!(logit_normal_time(0.0, 0.0, 1.0), 0.5);
    }

    #[test]
    fn standardised_channels_have_mean_zero_and_variance_one() {
        let x = Array::random(&[4, 5, 3], 1).map(|x| 2.0 * x + 1.0);
        let (mean, deviation) = channel_statistics(&x);
        let y = standardise(&x, &mean, &deviation);
        let (mean_y, deviation_y) = channel_statistics(&y);
        assert!(mean_y.iter().all(|m| m.abs() < 1e-12) && deviation_y.iter().all(|d| (d - 1.0).abs() < 1e-12));
        assert!(sum(&unstandardise(&y, &mean, &deviation).zip(&x, |a, b| (a - b).abs())) < 1e-10);
    }
}
