//! A team per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{Columns, Found, Inputs, Kept, Modulated, Picture, vector};
use crate::gpu::kernel::{Constants, Registered};
use crate::gpu::{Grid, Kernel, Launch};
use crate::ops::lanes::team;
use crate::tape::Slot;
use crate::tensor::Tensor;

static FWD: Kernel = Kernel::new("group_norm_whole_fwd", include_str!("../../../shaders/group_norm_whole_fwd.wgsl"));
static BWD: Kernel = Kernel::new("group_norm_whole_bwd", include_str!("../../../shaders/group_norm_whole_bwd.wgsl"));

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
    launch(picture, &FWD, modulation, &[("residual", residual.is_some().into())], &bindings);
    (y, coefficients)
}

/// Adds to the gradient of x in its slot, and to that of scale and shift.
pub(super) fn backward(picture: &Picture, kept: &Kept<'_>, dy: &Tensor, Slot { tensor: dx, add }: Slot) -> Found {
    let dparameters = picture.dparameters(dy.gpu());
    let mut bindings = vec![kept.x, dy, kept.coefficients, &dx, &dparameters];
    if let Some(Modulated { gamma, beta, columns, gradient }) = &kept.modulated {
        bindings.extend([gamma, beta, columns.table, gradient]);
    }
    let columns = kept.modulated.as_ref().map(|modulated| modulated.columns);
    launch(picture, &BWD, columns, &[("accumulate", add.into())], &bindings);
    Found { dx: Some(dx), dparameters }
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
    let team = team(gpu);
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
        constants: &[team, &[("vector", vector as u32), ("silu", picture.norm.silu.into())], &modulated, constants]
            .concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(picture.batch * groups),
    });
}

pub(super) fn registered() -> Vec<Registered> {
    const PLAIN: &[Constants<'static>] = &[
        &[
            ("lanes", 8),
            ("one_subgroup", 1),
            ("vector", 4),
            ("silu", 1),
            ("modulated", 0),
            ("residual", 0),
            ("accumulate", 0),
        ],
        &[
            ("lanes", 128),
            ("one_subgroup", 0),
            ("vector", 1),
            ("silu", 0),
            ("modulated", 0),
            ("residual", 0),
            ("accumulate", 0),
        ],
    ];
    const MODULATED: &[Constants<'static>] = &[
        &[
            ("lanes", 8),
            ("one_subgroup", 1),
            ("vector", 1),
            ("silu", 0),
            ("modulated", 1),
            ("residual", 0),
            ("accumulate", 1),
        ],
        &[
            ("lanes", 128),
            ("one_subgroup", 0),
            ("vector", 4),
            ("silu", 1),
            ("modulated", 1),
            ("residual", 0),
            ("accumulate", 1),
        ],
    ];
    const ADDED: &[Constants<'static>] = &[
        &[("lanes", 8), ("one_subgroup", 1), ("vector", 4), ("silu", 0), ("modulated", 1), ("residual", 1)],
        &[("lanes", 128), ("one_subgroup", 0), ("vector", 4), ("silu", 1), ("modulated", 1), ("residual", 1)],
    ];
    let entry = |kernel, variants, bindings| Registered {
        variants,
        subgroups: true,
        ..Registered::plain(kernel, size_of::<Params>(), bindings)
    };
    vec![
        entry(&FWD, PLAIN, 5),
        entry(&FWD, MODULATED, 6),
        entry(&FWD, ADDED, 7),
        entry(&BWD, PLAIN, 5),
        entry(&BWD, MODULATED, 9),
    ]
}
