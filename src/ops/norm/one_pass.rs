//! One workgroup per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::args::{Args, Modulation};
use super::extent::Extent;
use crate::gpu::{Grid, Launch};
use crate::ops::constants::{reduction, vector};
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
    launch(extent, &GROUP_NORM_WHOLE_FWD, modulation, &[("residual", residual.is_some().into())], &bindings);
    (y, coefficients)
}

/// Writes or adds the gradient of x to `dx`, adds that of scale and shift to `dtable`, and returns each sample's gradients of gamma
/// and beta, `[N, 2, C]`.
pub(super) fn backward(
    extent: &Extent,
    args: Args<&Tensor>,
    coefficients: &Tensor,
    dy: &Tensor,
    dx: &Place,
    dtable: Option<&Tensor>,
) -> Tensor {
    let Args { x, gamma, beta, modulation, .. } = args;
    let dgamma_dbeta = extent.dgamma_dbeta(dy.gpu());
    let mut bindings = vec![x, dy, coefficients, &dx.tensor, &dgamma_dbeta];
    if let (Some(Modulation { table, .. }), Some(dtable)) = (modulation, dtable) {
        bindings.extend([gamma, beta, table, dtable]);
    }
    launch(extent, &GROUP_NORM_WHOLE_BWD, modulation, &[("accumulate", dx.add.into())], &bindings);
    dgamma_dbeta
}

fn launch(
    extent: &Extent,
    kernel: &'static Kernel,
    modulation: Option<Modulation<&Tensor>>,
    constants: Constants<'_>,
    bindings: &[&Tensor],
) {
    let (gpu, groups) = (bindings[0].gpu(), extent.norm.groups);
    let (row, start) = modulation.map_or((0, 0), |Modulation { table, start }| (table.channels(), start));
    let vector = [extent.group_channels(), row, start].into_iter().map(vector).min().unwrap_or(1);
    let modulated = [("modulated", modulation.is_some().into())];
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
    gpu.launch(&Launch {
        kernel,
        constants: &[
            &reduction(gpu)[..],
            &[("vector", vector as u32), ("silu", extent.norm.silu.into())],
            &modulated,
            constants,
        ]
        .concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(extent.samples * groups),
    });
}
