//! Cases of concatenation, upsampling, space-to-depth, joined rows and transposition.

use super::differentiate::Differentiable;
use crate::bench::case::{Case, FORWARD, Input, Size};
use crate::ops::layout::{concat, depth_to_space, join_rows, part_rows, space_to_depth, transpose, upsample2};
use crate::reference::{self, array::Array};
use crate::rng::Philox;

/// Numbers of channels that are multiples of four, and others; images that are not square.
pub fn cases(size: Size) -> Vec<Case> {
    // N, H, W, C of the small image.
    let images: &[[usize; 4]] = match size {
        Size::Awkward => &[[1, 1, 1, 1], [2, 3, 5, 4], [1, 2, 7, 6], [3, 5, 2, 12]],
        Size::Shipped => &[[16, 8, 8, 32], [8, 16, 16, 128]],
    };
    let pairs: &[[usize; 3]] = match size {
        Size::Awkward => &[[1, 1, 1], [7, 4, 8], [13, 3, 4], [5, 12, 1]],
        Size::Shipped => &[[16 * 256, 16, 16], [8 * 1024, 64, 64]],
    };
    let matrices: &[[usize; 3]] = match size {
        Size::Awkward => &[[1, 1, 1], [2, 3, 5], [3, 33, 17], [1, 65, 64]],
        Size::Shipped => &[[64, 256, 32]],
    };
    // N, H, W, C of the joined rows, and how many rows are joined.
    let rows: &[([usize; 4], usize)] = match size {
        Size::Awkward => &[([1, 1, 1, 1], 1), ([2, 3, 5, 7], 3), ([1, 4, 2, 16], 2)],
        Size::Shipped => &[([8, 8, 8, 16], 3), ([8, 8, 8, 51], 3)],
    };
    let rows = rows.iter().flat_map(|&(shape, r)| joined_rows(shape, r));
    let moved = images.iter().flat_map(|&shape| [upsample(shape), deepen(shape, 2), flatten(shape, 2)]);
    let deeper = (size == Size::Awkward).then(|| {
        let of = |shape, side| [deepen(shape, side), flatten(shape, side)];
        [of([1, 2, 3, 2], 4), of([1, 3, 2, 4], 3), of([2, 1, 3, 8], 4)].into_iter().flatten()
    });
    let joined = pairs.iter().map(|&shape| join(shape));
    let all = moved.chain(deeper.into_iter().flatten()).chain(joined).flatten().chain(rows);
    all.chain(matrices.iter().map(|&shape| transposed(shape))).collect()
}

fn input(shape: &[usize]) -> Input {
    Input::normal(&mut Philox::new(12, shape.iter().product::<usize>() as u64), shape)
}

fn join([rows, first, second]: [usize; 3]) -> Vec<Case> {
    Differentiable {
        names: ["concat", "concat_both"],
        shape: format!("{rows} x ({first} + {second})"),
        flop: 0.0,
        inputs: vec![input(&[rows, first]), input(&[rows, second])],
        leaves: 2,
        dy: input(&[rows, first + second]),
        forward: |tape: &_, x: &[_]| concat(tape, &x[0], &x[1]),
        reference: |x: &[Array]| reference::concat(&x[0], &x[1]),
        gradients: move |x: &[Array]| <[Array; 2]>::from(reference::split(&x[2], first)).into(),
    }
    .cases()
}

fn upsample(small @ [n, height, width, channels]: [usize; 4]) -> Vec<Case> {
    Differentiable {
        names: ["upsample_fwd", "upsample"],
        shape: format!("{small:?}"),
        flop: 0.0,
        inputs: vec![input(&small)],
        leaves: 1,
        dy: input(&[n, 2 * height, 2 * width, channels]),
        forward: |tape: &_, x: &[_]| upsample2(tape, &x[0]),
        reference: |x: &[Array]| reference::upsample_fwd(&x[0]),
        gradients: |x: &[Array]| vec![reference::upsample_bwd(&x[1])],
    }
    .cases()
}

fn deepen([n, height, width, channels]: [usize; 4], p: usize) -> Vec<Case> {
    let (wide, deep) = ([n, p * height, p * width, channels], [n, height, width, channels * p * p]);
    Differentiable {
        names: ["space_to_depth", "space_to_depth_both"],
        shape: format!("{wide:?} by {p}"),
        flop: 0.0,
        inputs: vec![input(&wide)],
        leaves: 1,
        dy: input(&deep),
        forward: move |tape: &_, x: &[_]| space_to_depth(tape, &x[0], p),
        reference: move |x: &[Array]| reference::space_to_depth(&x[0], p),
        gradients: move |x: &[Array]| vec![reference::depth_to_space(&x[1], p)],
    }
    .cases()
}

fn flatten([n, height, width, channels]: [usize; 4], p: usize) -> Vec<Case> {
    let (wide, deep) = ([n, p * height, p * width, channels], [n, height, width, channels * p * p]);
    Differentiable {
        names: ["depth_to_space", "depth_to_space_both"],
        shape: format!("{deep:?} by {p}"),
        flop: 0.0,
        inputs: vec![input(&deep)],
        leaves: 1,
        dy: input(&wide),
        forward: move |tape: &_, x: &[_]| depth_to_space(tape, &x[0], p),
        reference: move |x: &[Array]| reference::depth_to_space(&x[0], p),
        gradients: move |x: &[Array]| vec![reference::space_to_depth(&x[1], p)],
    }
    .cases()
}

fn joined_rows([n, height, width, channels]: [usize; 4], r: usize) -> Vec<Case> {
    let (tall, deep) = ([n, r * height, width, channels], [n, height, width, r * channels]);
    let join = Differentiable {
        names: ["join_rows", "join_rows_both"],
        shape: format!("{tall:?} by {r}"),
        flop: 0.0,
        inputs: vec![input(&tall)],
        leaves: 1,
        dy: input(&deep),
        forward: move |tape: &_, x: &[_]| join_rows(tape, &x[0], r),
        reference: move |x: &[Array]| reference::join_rows(&x[0], r),
        gradients: move |x: &[Array]| vec![reference::part_rows(&x[1], r)],
    };
    let part = Differentiable {
        names: ["part_rows", "part_rows_both"],
        shape: format!("{deep:?} by {r}"),
        flop: 0.0,
        inputs: vec![input(&deep)],
        leaves: 1,
        dy: input(&tall),
        forward: move |tape: &_, x: &[_]| part_rows(tape, &x[0], r),
        reference: move |x: &[Array]| reference::part_rows(&x[0], r),
        gradients: move |x: &[Array]| vec![reference::join_rows(&x[1], r)],
    };
    join.cases().into_iter().chain(part.cases()).collect()
}

fn transposed([batch, rows, columns]: [usize; 3]) -> Case {
    let elements = (batch * rows * columns) as f64;
    Case {
        kernel: "transpose",
        shape: format!("{batch} x {rows} x {columns}"),
        flop: 0.0,
        bytes: 8.0 * elements,
        bound: FORWARD,
        inputs: vec![input(&[batch, rows, columns])],
        run: Box::new(|_, inputs| vec![transpose(&inputs[0])]),
        reference: Some(Box::new(move |inputs| {
            let mut y = Array::zeros(&[batch, columns, rows]);
            for b in 0..batch {
                for r in 0..rows {
                    for c in 0..columns {
                        y[[b, c, r]] = inputs[0][[b, r, c]];
                    }
                }
            }
            vec![y]
        })),
    }
}
