//! One workgroup per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::args::Args;
use super::extent::Extent;
use crate::gpu::{Grid, Launch};
use crate::ops::constants::{REDUCTION_TURNS, reduction, vector};
use crate::shader::kernels::{GROUP_NORM_WHOLE_BWD, GROUP_NORM_WHOLE_FWD};
use crate::shader::{Constants, Kernel};
use crate::tape::Place;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    samples: u32,
    groups: u32,
    group_vectors: u32,
    positions: u32,
    tile: u32,
    eps: f32,
    modulation_row: u32,
    modulation_start: u32,
}

/// The output and each channel's coefficients.
pub(super) fn forward(extent: &Extent, args: Args<&Tensor>) -> (Tensor, Tensor) {
    let Args { x, gamma, beta, modulation, residual } = args;
    let (y, coefficients) = (Tensor::empty_like(x, x.shape()), extent.coefficients(x.gpu()));
    let table = modulation.map(|modulation| modulation.table);
    let bindings: Vec<&Tensor> = [x, gamma, beta, &coefficients, &y].into_iter().chain(table).chain(residual).collect();
    let constants = [("residual", residual.is_some().into()), ("modulated", modulation.is_some().into())];
    launch(extent, &GROUP_NORM_WHOLE_FWD, args.modulation_columns(), &constants, &bindings);
    (y, coefficients)
}

/// Writes or adds the gradient of x to `dx`, and returns each sample's sums of dz and of dz xhat, `[N, 2, C]`.
pub(super) fn backward(extent: &Extent, x: &Tensor, coefficients: &Tensor, dy: &Tensor, dx: &Place) -> Tensor {
    let channel_sums = extent.channel_sums(dy.gpu());
    let bindings = [x, dy, coefficients, &dx.tensor, &channel_sums];
    launch(extent, &GROUP_NORM_WHOLE_BWD, [0; 2], &[("accumulate", dx.add.into())], &bindings);
    channel_sums
}

fn launch(
    extent: &Extent,
    kernel: &'static Kernel,
    [row, start]: [usize; 2],
    constants: Constants<'_>,
    bindings: &[&Tensor],
) {
    let (gpu, groups) = (bindings[0].gpu(), extent.norm.groups);
    let vector = [extent.group_channels(), row, start].into_iter().map(vector).min().unwrap_or(1);
    let workgroup_size = gpu.tuning().reduction.invocations;
    let group_vectors = (extent.group_channels() / vector) as u32;
    let params = Params {
        samples: extent.samples as u32,
        groups: groups as u32,
        group_vectors,
        positions: extent.positions as u32,
        tile: group_vectors.next_power_of_two().min(workgroup_size),
        eps: extent.norm.eps,
        modulation_row: (row / vector) as u32,
        modulation_start: (start / vector) as u32,
    };
    // Two passes over the group's channels, each with one over the positions and at most two reductions, and two more.
    let columns = group_vectors.div_ceil(params.tile) as usize;
    let rows = extent.positions.div_ceil((workgroup_size / params.tile) as usize);
    let turns = 2 * (columns + 1) * (rows + 2 + REDUCTION_TURNS) + 2 * REDUCTION_TURNS;
    gpu.launch(&Launch {
        kernel,
        constants: &[&reduction(gpu)[..], &[("vector", vector as u32), ("silu", extent.norm.silu.into())], constants]
            .concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(extent.samples * groups).looping(turns),
    });
}
