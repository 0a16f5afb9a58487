//! Cases of the flow's kernels.

use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::ops::flow::{euler_step, flow_mix, ode_combine, pair_nearest, standardise, unstandardise};
use crate::reference;
use crate::reference::array::Array;
use crate::rng::Philox;

/// Samples whose number of elements is a multiple of four, and others.
pub fn cases(size: Size) -> Vec<Case> {
    let shapes: &[[usize; 3]] = match size {
        Size::Awkward => &[[1, 1, 1], [3, 5, 7], [2, 33, 4], [67, 16, 3]],
        Size::Shipped => &[[64, 256, 16], [64, 1024, 4]],
    };
    shapes
        .iter()
        .flat_map(|&shape| {
            let mut cases = vec![mix_case(shape), standardise_case(shape), pair_case(shape)];
            cases.extend((1..=4).map(|velocities| combine_case(shape, velocities)));
            cases.extend([false, true].map(|guided| euler_case(shape, guided)));
            cases
        })
        .collect()
}

/// A case without inputs and outputs that reads and writes `floats` floats per element.
fn case(kernel: &'static str, shape: [usize; 3], floats: usize) -> Case {
    let [n, positions, channels] = shape;
    Case {
        kernel,
        shape: format!("{n} x {positions} x {channels}"),
        flop: 2.0 * (n * positions * channels) as f64,
        bytes: 4.0 * (floats * n * positions * channels) as f64,
        bound: FORWARD,
        inputs: Vec::new(),
        run: Box::new(|_, _| Vec::new()),
        reference: None,
    }
}

fn normals(shape: [usize; 3], count: usize) -> Vec<Input> {
    let mut rng = Philox::new(11, shape.iter().product::<usize>() as u64);
    (0..count).map(|_| Input::normal(&mut rng, &shape)).collect()
}

fn mix_case(shape: [usize; 3]) -> Case {
    let mut inputs = normals(shape, 2);
    inputs.push(Input::uniform(&mut Philox::new(12, 0), &shape[..1], 0.0, 1.0));
    Case {
        inputs,
        run: Box::new(|_, inputs| {
            let (mixed, velocity) = flow_mix(&inputs[0], &inputs[1], &inputs[2]);
            vec![mixed, velocity]
        }),
        reference: Some(Box::new(|inputs| {
            let (mixed, velocity) = reference::flow_mix(&inputs[0], &inputs[1], &inputs[2].data);
            vec![mixed, velocity]
        })),
        ..case("flow_mix", shape, 4)
    }
}

fn standardise_case(shape: [usize; 3]) -> Case {
    let mut inputs = normals(shape, 1);
    let mut rng = Philox::new(13, 0);
    inputs.push(Input::normal(&mut rng, &shape[2..]));
    inputs.push(Input::uniform(&mut rng, &shape[2..], 0.5, 2.0));
    Case {
        inputs,
        run: Box::new(|_, inputs| {
            let [x, mean, deviation] = inputs else { unreachable!("the case has three inputs") };
            vec![standardise(x, mean, deviation), unstandardise(x, mean, deviation)]
        }),
        reference: Some(Box::new(|inputs| {
            let [x, mean, deviation] = inputs else { unreachable!("the case has three inputs") };
            vec![
                reference::standardise(x, &mean.data, &deviation.data),
                reference::unstandardise(x, &mean.data, &deviation.data),
            ]
        })),
        ..case("standardise", shape, 4)
    }
}

fn combine_case(shape: [usize; 3], velocities: usize) -> Case {
    let coefficient = |i: usize| 0.5 - i as f32;
    Case {
        inputs: normals(shape, velocities + 1),
        run: Box::new(move |_, inputs| {
            let terms: Vec<_> = inputs[1..].iter().enumerate().map(|(i, v)| (v, coefficient(i))).collect();
            vec![ode_combine(&inputs[0], &terms)]
        }),
        reference: Some(Box::new(move |inputs| {
            let add = |sum: Array, (i, v)| sum.zip(v, |sum, v| sum + f64::from(coefficient(i)) * v);
            vec![inputs[1..].iter().enumerate().fold(inputs[0].clone(), add)]
        })),
        ..case("ode_combine", shape, velocities + 2)
    }
}

fn euler_case(shape: [usize; 3], guided: bool) -> Case {
    Case {
        inputs: normals(shape, 3),
        run: Box::new(move |_, inputs| {
            vec![euler_step(&inputs[0], &inputs[1], guided.then_some(&inputs[2]), 3.0, 0.0625)]
        }),
        reference: Some(Box::new(move |inputs| {
            vec![reference::euler_step(&inputs[0], &inputs[1], guided.then_some(&inputs[2]), 3.0, 0.0625)]
        })),
        ..case("euler_step", shape, if guided { 4 } else { 3 })
    }
}

/// The reference compares the candidates in f64. No two distances are so close that f32 would choose differently.
fn pair_case(shape: [usize; 3]) -> Case {
    const CANDIDATES: usize = 4;
    let [n, positions, channels] = shape;
    let elements = positions * channels;
    let mut inputs = normals(shape, 1);
    inputs.push(Input::normal(&mut Philox::new(14, n as u64), &[n * CANDIDATES, positions, channels]));
    Case {
        inputs,
        run: Box::new(|_, inputs| vec![pair_nearest(&inputs[0], &inputs[1])]),
        reference: Some(Box::new(move |inputs| {
            let latents = inputs[0].data.chunks(elements).zip(inputs[1].data.chunks(CANDIDATES * elements));
            let nearest = latents.flat_map(|(latent, candidates)| {
                let codes = Array { shape: vec![CANDIDATES, elements], data: candidates.to_vec() };
                let latent = Array { shape: vec![1, elements], data: latent.to_vec() };
                codes.row(reference::nearest_code(&latent, &codes)[0]).to_vec()
            });
            vec![Array { shape: inputs[0].shape.clone(), data: nearest.collect() }]
        })),
        ..case("pair_nearest", shape, CANDIDATES + 3)
    }
}
