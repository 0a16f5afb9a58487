//! Cases of embeddings, time, rotary positions and dropout.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::ops::dropout::dropout;
use crate::ops::embed::{Frequencies, embedding, grid_embedding, sinusoidal_time};
use crate::ops::rope::rope;
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Odd channels, single rows, rows that no lookup reads, times up to 999, positions up to 1024.
pub fn cases(size: Size) -> Vec<Case> {
    let awkward = size == Size::Awkward;
    // Lookups, rows, channels.
    let tables: &[[usize; 3]] = if awkward { &[[1, 1, 1], [7, 5, 3], [33, 100, 17]] } else { &[[64, 32, 512]] };
    let times: &[[usize; 2]] = if awkward { &[[1, 4], [13, 6], [57, 64]] } else { &[[64, 64]] };
    let rotated: &[[usize; 3]] = if awkward { &[[1, 1, 1], [2, 3, 5], [1, 1024, 16]] } else { &[[8, 256, 4]] };
    let masked: &[[usize; 3]] = if awkward { &[[1, 1, 1], [2, 5, 7], [3, 49, 12]] } else { &[[8, 1024, 64]] };
    let grids: &[[usize; 4]] = if awkward { &[[1, 1, 1, 1], [2, 3, 5, 7], [3, 4, 2, 12]] } else { &[[8, 8, 8, 192]] };
    let lookups = tables.iter().flat_map(|&shape| lookup(shape));
    let rotations = rotated.iter().flat_map(|&shape| rotation(shape));
    let masks = masked.iter().flat_map(|&shape| [false, true].into_iter().flat_map(move |by| mask(shape, by)));
    let grids = grids.iter().flat_map(|&shape| grid(shape));
    // The U-Net's time is in [0, 999], the transformer's in [0, 1].
    let times = times.iter().flat_map(|&shape| [time(shape, [999.0, 1.0, 1e4]), time(shape, [1.0, 1e3, 1e3])]);
    lookups.chain(rotations).chain(masks).chain(grids).chain(times).collect()
}

fn lookup([lookups, rows, channels]: [usize; 3]) -> Vec<Case> {
    let mut rng = Philox::new(14, (lookups * channels) as u64);
    let table = Input::normal(&mut rng, &[rows, channels]);
    let ids = |x: &Array| x.data.iter().map(|&id| id as usize).collect::<Vec<_>>();
    Differentiable {
        names: ["embedding_fwd", "embedding"],
        shape: format!("{lookups} of {rows} x {channels}"),
        flop: 0.0,
        inputs: vec![table, Input::indices(&mut rng, &[lookups], rows)],
        leaves: 1,
        dy: Input::normal(&mut rng, &[lookups, channels]),
        forward: |tape: &_, x: &[crate::tape::Var]| embedding(tape, &x[0], &x[1].value),
        reference: move |x: &[Array]| reference::embedding_fwd(&x[0], &ids(&x[1])),
        gradients: move |x: &[Array]| vec![reference::embedding_bwd(&x[2], &ids(&x[1]), rows)],
    }
    .cases()
}

fn rotation(shape @ [batch, positions, channels]: [usize; 3]) -> Vec<Case> {
    let mut rng = Philox::new(15, (positions * channels) as u64);
    Differentiable {
        names: ["rope_fwd", "rope"],
        shape: format!("{shape:?}"),
        flop: 3.0 * (batch * positions * channels) as f64,
        inputs: vec![Input::normal(&mut rng, &shape)],
        leaves: 1,
        dy: Input::normal(&mut rng, &[batch, positions, channels.next_multiple_of(2)]),
        forward: |tape: &_, x: &[_]| rope(tape, &x[0]),
        reference: |x: &[Array]| reference::rope_fwd(&x[0]),
        gradients: move |x: &[Array]| vec![reference::rope_bwd(&x[1], channels)],
    }
    .cases()
}

fn mask(shape: [usize; 3], by_channel: bool) -> Vec<Case> {
    let mut rng = Philox::new(16, shape.iter().product::<usize>() as u64);
    let drawn = reference::Dropout { rate: 0.3, seed: 0x1234_5678_9abc, stream: 77, by_channel };
    Differentiable {
        names: ["dropout_fwd", "dropout"],
        shape: format!("{shape:?}{}", if by_channel { " by channel" } else { "" }),
        flop: 0.0,
        inputs: vec![Input::normal(&mut rng, &shape)],
        leaves: 1,
        dy: Input::normal(&mut rng, &shape),
        forward: move |tape: &_, x: &[_]| {
            dropout(tape, &x[0], drawn.rate, by_channel, drawn.seed, u64::from(drawn.stream))
        },
        reference: move |x: &[Array]| reference::dropout_fwd(&x[0], &drawn),
        gradients: move |x: &[Array]| vec![reference::dropout_bwd(&x[1], &drawn)],
    }
    .cases()
}

fn time([samples, dim]: [usize; 2], [latest, highest, range]: [f64; 3]) -> Case {
    let mut rng = Philox::new(17, samples as u64);
    let frequencies = Frequencies { highest: highest as f32, range };
    Case {
        kernel: "sinusoidal_time",
        shape: if latest > 1.0 { format!("{samples} x {dim}") } else { format!("{samples} x {dim} of t up to 1") },
        flop: 0.0,
        bytes: 4.0 * (samples * dim) as f64,
        // The product of a time and the frequency 1000 is rounded by up to 3e-5.
        bound: if highest > 1.0 { 1e-9 } else { FORWARD },
        inputs: vec![Input::uniform(&mut rng, &[samples], 0.0, latest)],
        run: Box::new(move |_, inputs| vec![sinusoidal_time(&inputs[0], dim, frequencies)]),
        reference: Some(Box::new(move |inputs| vec![reference::sinusoidal_time(&inputs[0].data, dim, highest, range)])),
    }
}

fn grid(shape @ [_, height, width, channels]: [usize; 4]) -> Vec<Case> {
    let mut rng = Philox::new(63, shape.iter().product::<usize>() as u64);
    let (rows, columns) = ([height, 1, channels], [1, width, channels]);
    Differentiable {
        names: ["grid_embedding_fwd", "grid_embedding"],
        shape: format!("{shape:?}"),
        flop: 2.0 * shape.iter().product::<usize>() as f64,
        inputs: vec![
            Input::normal(&mut rng, &shape),
            Input::normal(&mut rng, &rows),
            Input::normal(&mut rng, &columns),
        ],
        leaves: 3,
        dy: Input::normal(&mut rng, &shape),
        forward: |tape: &_, x: &[_]| grid_embedding(tape, &x[0], &x[1], &x[2]),
        reference: |x: &[Array]| reference::grid_embedding_fwd(&x[0], &x[1], &x[2]),
        gradients: |x: &[Array]| {
            let (dx, drows, dcolumns) = reference::grid_embedding_bwd(&x[3]);
            vec![dx, drows, dcolumns]
        },
    }
    .cases()
}
