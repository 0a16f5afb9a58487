//! Cases of sums over a tensor, its rows and its squares.

use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::ops::reduce::{column_moments, column_sum, column_sum_into, count_not_finite, mean, norm, sum};
use crate::reference;
use crate::reference::array::Array;
use crate::rng::Philox;
use crate::tensor::Tensor;

/// Sums over rows, with numbers of columns around the tile's and of rows beyond one pass; sums over all elements.
pub fn cases(size: Size) -> Vec<Case> {
    let matrices: &[[usize; 2]] = match size {
        Size::Awkward => &[[1, 1], [5, 2], [127, 3], [129, 64], [130, 260], [8193, 5], [33_000, 2], [40_001, 1]],
        Size::Shipped => &[[65_536, 64], [131_072, 16], [4096, 512]],
    };
    let lengths: &[usize] = match size {
        Size::Awkward => &[1, 3, 64, 8191, 8192, 70_004],
        Size::Shipped => &[1 << 20],
    };
    let columns = matrices.iter().flat_map(|&shape| [column_sum_case(shape), moments_case(shape)]);
    columns
        .chain(lengths.iter().flat_map(|&length| [sum_case(length), norm_case(length), count_case(length)]))
        .collect()
}

/// Values whose sums do not cancel.
fn values(shape: &[usize]) -> Input {
    let mut rng = Philox::new(2, shape[0] as u64);
    Input::uniform(&mut rng, shape, -0.5, 1.5)
}

fn column_sum_case([rows, columns]: [usize; 2]) -> Case {
    Case {
        kernel: "column_sum",
        shape: format!("{rows} x {columns}"),
        flop: (rows * columns) as f64,
        bytes: 4.0 * (rows * columns) as f64,
        bound: FORWARD,
        inputs: vec![values(&[rows, columns])],
        run: Box::new(|gpu, inputs| {
            let total = Tensor::zeros(gpu, &[inputs[0].channels()]);
            column_sum_into(&inputs[0], &total);
            vec![total]
        }),
        reference: Some(Box::new(|inputs| vec![reference::column_sum(&inputs[0])])),
    }
}

fn moments_case([rows, columns]: [usize; 2]) -> Case {
    Case {
        kernel: "column_moments",
        flop: 4.0 * (rows * columns) as f64,
        bytes: 8.0 * (rows * columns) as f64,
        run: Box::new(|_, inputs| {
            let (mean, variance) = column_moments(&inputs[0]);
            vec![mean, variance, column_sum(&inputs[0])]
        }),
        reference: Some(Box::new(|inputs| {
            let (mean, deviation) = reference::channel_statistics(&inputs[0]);
            let vector = |data: Vec<f64>| Array { shape: vec![data.len()], data };
            let variance = deviation.iter().map(|d| d * d).collect();
            vec![vector(mean), vector(variance), reference::column_sum(&inputs[0])]
        })),
        ..column_sum_case([rows, columns])
    }
}

fn sum_case(length: usize) -> Case {
    Case {
        kernel: "sum",
        shape: format!("{length}"),
        run: Box::new(|_, inputs| vec![sum(&inputs[0]), mean(&inputs[0])]),
        reference: Some(Box::new(|inputs| {
            let total = reference::sum(&inputs[0]);
            [total, total / inputs[0].len() as f64].map(|x| Array { shape: vec![1], data: vec![x] }).into()
        })),
        ..column_sum_case([length, 1])
    }
}

fn norm_case(length: usize) -> Case {
    Case {
        kernel: "grad_norm",
        run: Box::new(|_, inputs| vec![norm(&inputs[0])]),
        reference: Some(Box::new(|inputs| {
            vec![Array { shape: vec![1], data: vec![reference::grad_norm(&inputs[0])] }]
        })),
        ..sum_case(length)
    }
}

fn count_case(length: usize) -> Case {
    let value = |i: usize| match i % 11 {
        2 => f64::NAN,
        5 => f64::INFINITY,
        7 => f64::NEG_INFINITY,
        9 => f64::from(f32::MAX),
        other => other as f64,
    };
    Case {
        kernel: "count_not_finite",
        inputs: vec![Input::from_fn(&[length], value)],
        run: Box::new(|_, inputs| vec![count_not_finite(&inputs[0])]),
        reference: Some(Box::new(|inputs| {
            let count = inputs[0].data.iter().filter(|x| !x.is_finite()).count();
            vec![Array { shape: vec![1], data: vec![count as f64] }]
        })),
        ..sum_case(length)
    }
}
