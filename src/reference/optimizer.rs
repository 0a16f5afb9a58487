//! One optimizer step over a flat arena: gradient clipping, Adam, and the moving average of the weights. Loss scaling.

use super::Array;

/// Settings of [`adam_step`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Limit on the norm of the gradient; larger gradients are scaled down to it.
    pub clip: f64,
    /// Decay of the moving average of the weights.
    pub ema_decay: f64,
}

/// State of the optimizer; all arrays have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamState {
    /// Weights.
    pub w: Array,
    /// First moment: moving average of the gradient.
    pub m: Array,
    /// Second moment: moving average of the squared gradient.
    pub v: Array,
    /// Moving average (EMA) of the weights, which sampling uses.
    pub ema: Array,
}

impl AdamState {
    /// The state before the first step: zero moments, EMA equal to the weights.
    pub fn new(w: Array) -> Self {
        Self { m: Array::zeros(&w.shape), v: Array::zeros(&w.shape), ema: w.clone(), w }
    }
}

/// Factor that limits a gradient of norm `norm` to norm `clip`: `min(1, clip / (norm + 1e-6))`.
pub fn clip_factor(norm: f64, clip: f64) -> f64 {
    (clip / (norm + 1e-6)).min(1.0)
}

/// Step `step` (from 1) of Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) on the clipped gradient, then the EMA.
///
/// `g` is the gradient and `norm` its norm over the whole network: `g' = clip_factor(norm) g`,
/// `m <- b1 m + (1 - b1) g'`, `v <- b2 v + (1 - b2) g'^2`,
/// `w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)`, `ema <- d ema + (1 - d) w`.
#[track_caller]
pub fn adam_step(state: &mut AdamState, g: &Array, norm: f64, step: u64, adam: &Adam) {
    assert_eq!(state.w.shape, g.shape, "adam_step: weights {:?}, gradient {:?}", state.w.shape, g.shape);
    let factor = clip_factor(norm, adam.clip);
    let correction1 = 1.0 - adam.beta1.powf(step as f64);
    let correction2 = 1.0 - adam.beta2.powf(step as f64);
    for i in 0..g.len() {
        let g = factor * g.data[i];
        let (m, v) = (&mut state.m.data[i], &mut state.v.data[i]);
        *m = adam.beta1 * *m + (1.0 - adam.beta1) * g;
        *v = adam.beta2 * *v + (1.0 - adam.beta2) * g * g;
        let (w, ema) = (&mut state.w.data[i], &mut state.ema.data[i]);
        *w -= adam.learning_rate * (*m / correction1) / ((*v / correction2).sqrt() + adam.eps);
        *ema = adam.ema_decay * *ema + (1.0 - adam.ema_decay) * *w;
    }
}

/// Updates a loss scale, and the number of consecutive finite gradients since its last change, after a gradient of norm
/// `norm`. A non-finite gradient halves the scale; `interval` consecutive finite ones double it, up to `largest`
/// (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2).
pub fn loss_scale(norm: f64, [scale, finite]: [f64; 2], interval: f64, largest: f64) -> [f64; 2] {
    match norm.is_finite() {
        false => [0.5 * scale, 0.0],
        true if finite + 1.0 < interval => [scale, finite + 1.0],
        true => [(2.0 * scale).min(largest), 0.0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::grad_norm;

    const ADAM: Adam = Adam { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, clip: 1.0, ema_decay: 0.5 };

    #[test]
    fn the_first_step_is_the_learning_rate_against_the_sign() {
        let mut state = AdamState::new(Array::new(&[3], vec![1.0, 2.0, 3.0]));
        let g = Array::new(&[3], vec![0.3, -20.0, 0.0]);
        adam_step(&mut state, &g, grad_norm(&g), 1, &ADAM);
        let expected = [0.9, 2.1, 3.0];
        assert!(state.w.data.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((state.ema.data[0] - 0.95).abs() < 1e-6);
    }

    #[test]
    fn a_large_gradient_is_clipped_and_a_small_one_is_not() {
        assert_eq!(clip_factor(0.5, 1.0), 1.0);
        assert!((clip_factor(4.0, 1.0) - 0.25).abs() < 1e-6);
        let mut state = AdamState::new(Array::zeros(&[2]));
        let g = Array::new(&[2], vec![3.0, 4.0]);
        adam_step(&mut state, &g, 5.0, 1, &ADAM);
        assert!((state.m.data[1] - 0.1 * 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_parabola_is_minimised() {
        let mut state = AdamState::new(Array::new(&[2], vec![3.0, -2.0]));
        for step in 1..=400 {
            let g = state.w.map(|w| 2.0 * w);
            adam_step(&mut state, &g, grad_norm(&g), step, &ADAM);
        }
        assert!(grad_norm(&state.w) < 0.05, "{:?}", state.w);
    }
}
