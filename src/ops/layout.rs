//! Operations that move elements without changing them: concatenation, upsampling, space-to-depth, transposition, rows of positions joined.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::vector;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::{
    CONCAT, DEPTH_TO_SPACE, SPACE_TO_DEPTH, SPLIT, SWAP_AXES, TRANSPOSE, UPSAMPLE_BWD, UPSAMPLE_FWD,
};
use crate::shader::{Constants, Kernel};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// The three sizes that every kernel of this file takes; its shader names them.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    sizes: [u32; 3],
}

/// Launches a kernel over a grid.
fn launch(kernel: &'static Kernel, constants: Constants<'_>, bindings: &[&Tensor], grid: Grid, sizes: [usize; 3]) {
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants,
        params: bytes_of(&Params { sizes: sizes.map(|size| size as u32) }),
        bindings,
        grid,
    });
}

/// `shape` with another last axis.
fn with_channels(shape: &[usize], channels: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    *shape.last_mut().expect("a tensor with channels has axes") = channels;
    shape
}

/// Joins two tensors along the last axis: `[.., A]`, `[.., B]` -> `[.., A + B]`.
#[track_caller]
pub fn concat(tape: &Tape, a: &Var, b: &Var) -> Var {
    let (rank, first, second) = (a.shape().len(), a.value.channels(), b.value.channels());
    assert!(
        rank > 0
            && rank == b.shape().len()
            && a.shape()[..rank - 1] == b.shape()[..rank - 1]
            && a.value.dtype() == b.value.dtype(),
        "concat: {:?} and {:?}",
        a.value,
        b.value
    );
    let y = Tensor::empty_like(&a.value, &with_channels(a.shape(), first + second));
    join(&CONCAT, &[&a.value, &b.value, &y], y.rows(), [first, second]);
    tape.record(&[a, b], y, || Concat { a: a.clone(), b: b.clone() })
}

fn join(kernel: &'static Kernel, bindings: &[&Tensor], rows: usize, [first, second]: [usize; 2]) {
    let vector = vector(first).min(vector(second));
    const ROWS: usize = 8;
    let invocations = rows.div_ceil(ROWS) * (first + second) / vector;
    let sizes = [rows, first / vector, second / vector];
    let grid = Grid::covering(invocations, 64).looping(ROWS + 1);
    launch(kernel, &[("vector", vector as u32)], bindings, grid, sizes);
}

struct Concat {
    a: Var,
    b: Var,
}

impl Backward for Concat {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let (da, db) = split(output, self.a.value.channels());
        gradients.add(&self.a, da);
        gradients.add(&self.b, db);
    }
}

/// Splits a tensor along the last axis after `first` channels: `[.., A + B]` -> `[.., A]`, `[.., B]`.
#[track_caller]
pub fn split(x: &Tensor, first: usize) -> (Tensor, Tensor) {
    assert!(0 < first && first < x.channels(), "split: {x:?} after {first} channels");
    let second = x.channels() - first;
    let [a, b] = [first, second].map(|channels| Tensor::empty_like(x, &with_channels(x.shape(), channels)));
    join(&SPLIT, &[x, &a, &b], x.rows(), [first, second]);
    (a, b)
}

/// Nearest-neighbour upsampling by two: `[N, H, W, C]` -> `[N, 2H, 2W, C]`.
#[track_caller]
pub fn upsample2(tape: &Tape, x: &Var) -> Var {
    let [n, height, width, channels] = x.value.nhwc();
    let y = Tensor::empty_like(&x.value, &[n, 2 * height, 2 * width, channels]);
    resample(&UPSAMPLE_FWD, &x.value, &y, width);
    tape.record(&[x], y, || Upsample { x: x.clone() })
}

/// Launches an upsampling kernel, forward or backward, with an invocation per vector of the small image; `width` is that image's.
fn resample(kernel: &'static Kernel, from: &Tensor, to: &Tensor, width: usize) {
    let vector = vector(to.channels());
    let vectors = from.len().min(to.len()) / vector;
    let sizes = [vectors, width, to.channels() / vector];
    launch(kernel, &[("vector", vector as u32)], &[from, to], Grid::covering(vectors, 256), sizes);
}

struct Upsample {
    x: Var,
}

impl Backward for Upsample {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let dx = Tensor::empty_like(output, self.x.shape());
        resample(&UPSAMPLE_BWD, output, &dx, self.x.shape()[2]);
        gradients.add(&self.x, dx);
    }
}

/// `[N, p H, p W, C]` -> `[N, H, W, C p p]`, channel `c p p + p row + column` (PyTorch's `pixel_unshuffle`).
#[track_caller]
pub fn space_to_depth(tape: &Tape, x: &Var, p: usize) -> Var {
    tape.record(&[x], unshuffle(&x.value, p), || Shuffle { x: x.clone(), undo: shuffle, p })
}

/// `[N, H, W, C p p]` -> `[N, p H, p W, C]`, the inverse of [`space_to_depth`] (PyTorch's `pixel_shuffle`).
#[track_caller]
pub fn depth_to_space(tape: &Tape, x: &Var, p: usize) -> Var {
    tape.record(&[x], shuffle(&x.value, p), || Shuffle { x: x.clone(), undo: unshuffle, p })
}

#[track_caller]
fn unshuffle(x: &Tensor, p: usize) -> Tensor {
    let [n, height, width, channels] = x.nhwc();
    assert!(height.is_multiple_of(p) && width.is_multiple_of(p), "space_to_depth: {x:?} by {p}");
    let y = Tensor::empty_like(x, &[n, height / p, width / p, channels * p * p]);
    reshuffle(&SPACE_TO_DEPTH, [x, &y], p, [width / p, channels]);
    y
}

#[track_caller]
fn shuffle(x: &Tensor, p: usize) -> Tensor {
    let [n, height, width, deep] = x.nhwc();
    assert!(deep.is_multiple_of(p * p), "depth_to_space: {x:?} by {p}");
    let y = Tensor::empty_like(x, &[n, p * height, p * width, deep / (p * p)]);
    reshuffle(&DEPTH_TO_SPACE, [x, &y], p, [width, deep / (p * p)]);
    y
}

/// Launches one of the two kernels, with an invocation per square of `p` x `p` positions and `vector` channels: 4 if the channels
/// and the positions of a square are multiples of 4, else 1.
fn reshuffle(kernel: &'static Kernel, [x, y]: [&Tensor; 2], p: usize, [width, channels]: [usize; 2]) {
    let vector = vector(channels).min(vector(p * p));
    let invocations = x.len() / (p * p * vector);
    let constants = [("side", p as u32), ("vector", vector as u32)];
    let sizes = [invocations, width, channels / vector];
    launch(kernel, &constants, &[x, y], Grid::covering(invocations, 64).looping(p * p + 1), sizes);
}

/// Each of the two shuffles is the other's gradient.
struct Shuffle {
    x: Var,
    undo: fn(&Tensor, usize) -> Tensor,
    p: usize,
}

impl Backward for Shuffle {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, (self.undo)(output, self.p));
    }
}

/// Swaps the last two axes, without recording: `[B, R, C]` -> `[B, C, R]`.
#[track_caller]
pub fn transpose(x: &Tensor) -> Tensor {
    let &[batch, rows, columns] = x.shape() else { panic!("transpose: [B, R, C] wanted, {x:?} given") };
    let y = Tensor::empty_like(x, &[batch, columns, rows]);
    launch(&TRANSPOSE, &[], &[x, &y], Grid::covering(y.len(), 256), [y.len(), rows, columns]);
    y
}

/// Joins every `r` rows of positions to one: `[N, r H, W, C]` -> `[N, H, W, r C]`, the channels of a position in the order of the rows.
#[track_caller]
pub fn join_rows(tape: &Tape, x: &Var, r: usize) -> Var {
    tape.record(&[x], joined(&x.value, r), || Rows { x: x.clone(), undo: parted, r })
}

/// `[N, H, W, r C]` -> `[N, r H, W, C]`, the inverse of [`join_rows`].
#[track_caller]
pub fn part_rows(tape: &Tape, x: &Var, r: usize) -> Var {
    tape.record(&[x], parted(&x.value, r), || Rows { x: x.clone(), undo: joined, r })
}

#[track_caller]
fn joined(x: &Tensor, r: usize) -> Tensor {
    let [n, height, width, channels] = x.nhwc();
    assert!(height.is_multiple_of(r), "join_rows: {x:?} by {r}");
    swap_axes(&x.reshape(&[n * height / r, r, width, channels])).reshape(&[n, height / r, width, r * channels])
}

#[track_caller]
fn parted(x: &Tensor, r: usize) -> Tensor {
    let [n, height, width, deep] = x.nhwc();
    assert!(deep.is_multiple_of(r), "part_rows: {x:?} by {r}");
    swap_axes(&x.reshape(&[n * height, width, r, deep / r])).reshape(&[n, r * height, width, deep / r])
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct SwapParams {
    length: u32,
    rows: u32,
    columns: u32,
    inner: u32,
}

/// Swaps the middle two axes: `[B, R, C, inner]` -> `[B, C, R, inner]`.
#[track_caller]
fn swap_axes(x: &Tensor) -> Tensor {
    let [batch, rows, columns, inner] = x.nhwc();
    let y = Tensor::empty_like(x, &[batch, columns, rows, inner]);
    let vector = vector(inner);
    let [length, inner] = [x.len() / vector, inner / vector].map(|size| size as u32);
    let params = SwapParams { length, rows: rows as u32, columns: columns as u32, inner };
    x.gpu().launch(&Launch {
        kernel: &SWAP_AXES,
        constants: &[("vector", vector as u32)],
        params: bytes_of(&params),
        bindings: &[x, &y],
        grid: Grid::covering(x.len() / vector, 256),
    });
    y
}

/// Each of the two is the other's gradient.
struct Rows {
    x: Var,
    undo: fn(&Tensor, usize) -> Tensor,
    r: usize,
}

impl Backward for Rows {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.x, (self.undo)(output, self.r));
    }
}
