//! Many samples of one position and one group: layer normalisation. A workgroup normalises several rows one after the other, and sums
//! what the gradients of gamma and beta need over them.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::args::Args;
use super::extent::Extent;
use crate::gpu::{Grid, Launch};
use crate::ops::constants::{REDUCTION_TURNS, reduction, vector};
use crate::shader::kernels::{GROUP_NORM_ROWS_BWD, GROUP_NORM_ROWS_FWD};
use crate::shader::{Constants, Kernel};
use crate::tape::Place;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
    vectors: u32,
    rows_per_part: u32,
    eps: f32,
}

/// Workgroups, as long as each has few rows: enough to occupy a GPU.
const PARTS: usize = 256;
/// Most rows of a workgroup.
const ROWS: usize = 16;

/// The output, and mean and rstd of each row, `[rows, 2]`.
pub(super) fn forward(extent: &Extent, args: Args<&Tensor>) -> (Tensor, Tensor) {
    let Args { x, gamma, beta, .. } = args;
    let (y, statistics) = (Tensor::empty_like(x, x.shape()), Tensor::empty_f32(x.gpu(), &[extent.samples, 2]));
    launch(extent, &GROUP_NORM_ROWS_FWD, &[], &[x, gamma, beta, &statistics, &y]);
    (y, statistics)
}

/// Writes or adds the gradient of x to `dx`, and returns the sums of dy and of dy xhat over the rows of each part, `[parts, 2, C]`.
pub(super) fn backward(extent: &Extent, args: Args<&Tensor>, statistics: &Tensor, dy: &Tensor, dx: &Place) -> Tensor {
    let channel_sums = Tensor::empty_f32(dy.gpu(), &[parts(extent), 2, extent.channels]);
    let bindings = [args.x, dy, args.gamma, statistics, &dx.tensor, &channel_sums];
    launch(extent, &GROUP_NORM_ROWS_BWD, &[("accumulate", dx.add.into())], &bindings);
    channel_sums
}

fn rows_per_part(extent: &Extent) -> usize {
    extent.samples.div_ceil(PARTS).min(ROWS)
}

fn parts(extent: &Extent) -> usize {
    extent.samples.div_ceil(rows_per_part(extent))
}

fn launch(extent: &Extent, kernel: &'static Kernel, constants: Constants<'_>, bindings: &[&Tensor]) {
    let (gpu, vector) = (bindings[0].gpu(), vector(extent.channels));
    let params = Params {
        rows: extent.samples as u32,
        vectors: (extent.channels / vector) as u32,
        rows_per_part: rows_per_part(extent) as u32,
        eps: extent.norm.eps,
    };
    // Each row three times with two reductions, and once more for the sums over rows.
    let row = extent.channels.div_ceil(vector * gpu.tuning().reduction.invocations as usize) + 1;
    let turns = (rows_per_part(extent) + 2) * (4 * row + 1 + 2 * REDUCTION_TURNS);
    gpu.launch(&Launch {
        kernel,
        constants: &[&reduction(gpu)[..], &[("vector", vector as u32)], constants].concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(parts(extent)).looping(turns),
    });
}
