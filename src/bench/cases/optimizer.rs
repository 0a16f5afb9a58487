//! Cases of the optimizer's step.

use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::ops::optimizer::{AdamStep, Arena, adam_step, grad_norm};
use crate::reference;
use crate::reference::array::Array;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// A first step and a late one, with and without clipping.
pub fn cases(size: Size) -> Vec<Case> {
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 7, 257, 10_003],
        Size::Shipped => &[1 << 20],
    };
    lengths
        .iter()
        .flat_map(|&length| [(1, 1.0), (1000, f32::MAX)].map(|(step, clip)| case(length, step, clip)))
        .collect()
}

/// An arena of 33 million parameters.
pub fn large() -> Vec<Case> {
    vec![case(1 << 25, 1000, 1.0)]
}

fn case(length: usize, step: u64, clip: f32) -> Case {
    let settings = AdamStep {
        learning_rate: 0.01,
        beta1: 0.875,
        beta2: 0.9921875,
        epsilon: 1e-8,
        step,
        clip,
        ema_decay: 0.96875,
        gradient_scale: 0.5,
    };
    let mut rng = Philox::new(3, length as u64);
    let mut normal = || Input::normal(&mut rng, &[length]);
    let mut inputs = vec![normal(), normal(), normal(), normal()];
    inputs.push(Input::uniform(&mut rng, &[length], 0.5, 2.0));
    Case {
        kernel: "adam_step",
        shape: format!("{length}, step {step}"),
        flop: 16.0 * length as f64,
        bytes: 36.0 * length as f64,
        bound: FORWARD,
        inputs,
        run: Box::new(move |gpu, inputs| {
            let copy = |i: usize| {
                let copy = Tensor::zeros(gpu, inputs[i].shape());
                copy.copy_from(&inputs[i]);
                copy
            };
            let (w, ema, m, v) = (copy(0), copy(1), copy(2), copy(4));
            let g = &inputs[3];
            adam_step(Arena { w: &w, g, m: &m, v: &v, ema: &ema }, &grad_norm(g), settings);
            vec![w, m, v, ema]
        }),
        reference: Some(Box::new(move |inputs| expected(inputs, settings))),
    }
}

fn expected(inputs: &[Array], settings: AdamStep) -> Vec<Array> {
    let adam = reference::Adam {
        learning_rate: settings.learning_rate.into(),
        beta1: settings.beta1.into(),
        beta2: settings.beta2.into(),
        eps: settings.epsilon.into(),
        clip: settings.clip.into(),
        ema_decay: settings.ema_decay.into(),
    };
    let [w, ema, m, _, v] = inputs else { unreachable!("the case has five inputs") };
    let g = inputs[3].map(|g| g * f64::from(settings.gradient_scale));
    let mut state = reference::AdamState { w: w.clone(), m: m.clone(), v: v.clone(), ema: ema.clone() };
    reference::adam_step(&mut state, &g, reference::grad_norm(&g), settings.step, &adam);
    vec![state.w, state.m, state.v, state.ema]
}
