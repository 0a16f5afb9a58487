//! A team per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{Columns, Inputs, Kept, Modulated, Picture, vector};
use crate::gpu::{Grid, Launch};
use crate::ops::constants::reduction;
use crate::shader::kernels::{GROUP_NORM_WHOLE_BWD, GROUP_NORM_WHOLE_FWD};
use crate::shader::{Constants, Kernel};
use crate::tape::Place;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    samples: u32,
    groups: u32,
    pieces: u32,
    positions: u32,
    tile: u32,
    eps: f32,
    modulation_row: u32,
    modulation_start: u32,
}

/// The output and each channel's coefficients.
pub(super) fn forward(picture: &Picture, inputs: &Inputs<'_>) -> (Tensor, Tensor) {
    let Inputs { x, gamma, beta, modulation, residual } = *inputs;
    let (y, coefficients) = (Tensor::empty_like(x, x.shape()), picture.coefficients(x.gpu()));
    let table = modulation.map(|columns| columns.table);
    let bindings: Vec<&Tensor> = [x, gamma, beta, &coefficients, &y].into_iter().chain(table).chain(residual).collect();
    launch(picture, &GROUP_NORM_WHOLE_FWD, modulation, &[("residual", residual.is_some().into())], &bindings);
    (y, coefficients)
}

/// Adds to the gradient of x in its slot, and to that of scale and shift.
pub(super) fn backward(picture: &Picture, kept: &Kept<'_>, dy: &Tensor, Place { tensor: dx, add }: &Place) -> Tensor {
    let dparameters = picture.dparameters(dy.gpu());
    let mut bindings = vec![kept.x, dy, kept.coefficients, dx, &dparameters];
    if let Some(Modulated { gamma, beta, columns, gradient }) = &kept.modulated {
        bindings.extend([gamma, beta, columns.table, gradient]);
    }
    let columns = kept.modulated.as_ref().map(|modulated| modulated.columns);
    launch(picture, &GROUP_NORM_WHOLE_BWD, columns, &[("accumulate", (*add).into())], &bindings);
    dparameters
}

fn launch(
    picture: &Picture,
    kernel: &'static Kernel,
    modulation: Option<Columns<'_>>,
    constants: Constants<'_>,
    bindings: &[&Tensor],
) {
    let (gpu, groups) = (bindings[0].gpu(), picture.norm.groups);
    let (row, start) = modulation.map_or((0, 0), |columns| (columns.table.channels(), columns.start));
    let vector = [picture.width(), row, start].into_iter().map(vector).min().unwrap_or(1);
    let modulated = [("modulated", modulation.is_some().into())];
    let team = reduction(gpu);
    let lanes = team[0].1;
    let pieces = (picture.width() / vector) as u32;
    let params = Params {
        samples: picture.batch as u32,
        groups: groups as u32,
        pieces,
        positions: picture.positions as u32,
        tile: pieces.next_power_of_two().min(lanes),
        eps: picture.norm.eps,
        modulation_row: (row / vector) as u32,
        modulation_start: (start / vector) as u32,
    };
    gpu.launch(&Launch {
        kernel,
        constants: &[
            &team[..],
            &[("vector", vector as u32), ("silu", picture.norm.silu.into())],
            &modulated,
            constants,
        ]
        .concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(picture.batch * groups),
    });
}
