//! Cases of the optimizer's step and of loss scaling.

use crate::bench::case::{Case, FORWARD, Input, LARGE, Size};
use crate::ops::loss_scale::{Growth, loss_scale};
use crate::ops::optimizer::{AdamStep, Arena, UNCLIPPED, adam_step, grad_norm};
use crate::reference;
use crate::reference::array::Array;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// A first step and a late one, with and without clipping; a scaled loss; a non-finite gradient.
pub fn cases(size: Size) -> Vec<Case> {
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 7, 257, 10_003],
        Size::Shipped => &[1 << 20],
    };
    lengths
        .iter()
        .flat_map(|&length| {
            let [first, late] =
                [(1, 1.0), (1000, UNCLIPPED)].map(|(step, clip)| step_case(length, step, clip, None, true));
            let [scaled, skipped] =
                [Some(256.0), Some(f32::INFINITY)].map(|scale| step_case(length, 5, 1.0, scale, true));
            let [plain, plain_scaled] = [None, Some(256.0)].map(|scale| step_case(length, 5, 1.0, scale, false));
            [first, late, scaled, skipped, plain, plain_scaled]
        })
        .chain(scales())
        .collect()
}

/// An arena of so many parameters that no cache holds it.
pub fn large() -> Vec<Case> {
    vec![step_case(LARGE, 1000, 1.0, None, true)]
}

/// A step on the gradient of the loss times `scale`. An infinite scale means a non-finite gradient. `averaged`: with an EMA.
fn step_case(length: usize, step: u64, clip: f32, scale: Option<f32>, averaged: bool) -> Case {
    let settings =
        AdamStep { learning_rate: 0.01, beta1: 0.875, beta2: 0.9921875, epsilon: 1e-8, step, clip, ema_decay: 0.96875 };
    let mut rng = Philox::new(3, length as u64);
    let mut normal = || Input::normal(&mut rng, &[length]);
    let mut inputs = vec![normal(), normal(), normal(), normal()];
    inputs.push(Input::uniform(&mut rng, &[length], 0.5, 2.0));
    if scale == Some(f32::INFINITY) {
        inputs[3] = Input::from_fn(&[length], move |i| if i == length / 2 { f64::NEG_INFINITY } else { 1.0 });
    }
    Case {
        kernel: "adam_step",
        shape: format!(
            "{length}, step {step}{}{}",
            scale.map_or(String::new(), |scale| format!(", scale {scale}")),
            if averaged { "" } else { ", no EMA" }
        ),
        flop: 18.0 * length as f64,
        // The step reads five tensors and writes four, without an EMA one less each; the norm reads the gradient once more.
        bytes: if averaged { 40.0 } else { 32.0 } * length as f64,
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
            let scale = scale.map(|scale| Tensor::from_f32(gpu, &[1], &[scale]));
            let arena = Arena { w: &w, g, m: &m, v: &v, ema: averaged.then_some(&ema) };
            adam_step(arena, &grad_norm(g), scale.as_ref(), settings);
            if averaged { vec![w, m, v, ema] } else { vec![w, m, v] }
        }),
        reference: Some(Box::new(move |inputs| {
            let mut all = expected(inputs, scale, settings);
            all.truncate(if averaged { 4 } else { 3 });
            all
        })),
    }
}

fn expected(inputs: &[Array], scale: Option<f32>, settings: AdamStep) -> Vec<Array> {
    let adam = reference::Adam {
        learning_rate: settings.learning_rate.into(),
        beta1: settings.beta1.into(),
        beta2: settings.beta2.into(),
        eps: settings.epsilon.into(),
        clip: settings.clip.into(),
        ema_decay: settings.ema_decay.into(),
    };
    let [w, ema, m, _, v] = inputs else { unreachable!("the case has five inputs") };
    let g = inputs[3].map(|g| g / f64::from(scale.unwrap_or(1.0)));
    let mut state = reference::AdamState { w: w.clone(), m: m.clone(), v: v.clone(), ema: ema.clone() };
    let norm = reference::grad_norm(&g);
    if norm.is_finite() {
        reference::adam_step(&mut state, &g, norm, settings.step, &adam);
    }
    vec![state.w, state.m, state.v, state.ema]
}

/// A scale that is doubled, unchanged, at its maximum, and halved.
fn scales() -> impl Iterator<Item = Case> {
    let growth = Growth { interval: 2000.0, largest: 16_777_216.0 };
    let states = [
        (1.0, [65_536.0, 1999.0]),
        (0.0, [8.0, 3.0]),
        (1e30, [16_777_216.0, 1999.0]),
        (f64::INFINITY, [65_536.0, 1999.0]),
        (f64::NAN, [0.5, 0.0]),
    ];
    states.into_iter().map(move |(norm, state)| Case {
        kernel: "loss_scale",
        shape: format!("norm {norm}, state {state:?}"),
        flop: 4.0,
        bytes: 20.0,
        bound: FORWARD,
        inputs: vec![Input::from_fn(&[1], move |_| norm), Input::from_fn(&[2], move |i| state[i])],
        run: Box::new(move |_, inputs| vec![loss_scale(&inputs[0], &inputs[1], growth)]),
        reference: Some(Box::new(move |inputs| {
            let [scale, good] = [inputs[1].data[0], inputs[1].data[1]];
            let next = reference::loss_scale(
                inputs[0].data[0],
                [scale, good],
                f64::from(growth.interval),
                f64::from(growth.largest),
            );
            vec![Array::new(&[2], next.to_vec())]
        })),
    })
}
