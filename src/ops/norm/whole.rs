//! A team per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{Found, Inputs, Kept, Picture, vector};
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
}

/// The output and each channel's coefficients.
pub(super) fn forward(picture: &Picture, inputs: &Inputs<'_>) -> (Tensor, Tensor) {
    let Inputs { x, gamma, beta, scale_shift, residual } = *inputs;
    let (y, coefficients) = (Tensor::empty_like(x, x.shape()), picture.coefficients(x.gpu()));
    let bindings: Vec<&Tensor> =
        [x, gamma, beta, &coefficients, &y].into_iter().chain(scale_shift).chain(residual).collect();
    let constants = [("modulated", scale_shift.is_some().into()), ("residual", residual.is_some().into())];
    launch(picture, &FWD, &constants, &bindings);
    (y, coefficients)
}

pub(super) fn backward(picture: &Picture, kept: &Kept<'_>, dy: &Tensor, Slot { tensor: dx, add }: Slot) -> Found {
    let gpu = dy.gpu();
    let dparameters = picture.dparameters(gpu);
    let dscale_shift = kept.modulation.map(|[.., table]| Tensor::empty_like(table, table.shape()));
    let mut bindings = vec![kept.x, dy, kept.coefficients, &dx, &dparameters];
    bindings.extend(kept.modulation.into_iter().flatten().chain(&dscale_shift));
    let constants = [("modulated", dscale_shift.is_some().into()), ("accumulate", add.into())];
    launch(picture, &BWD, &constants, &bindings);
    Found { dx: Some(dx), dparameters, dscale_shift }
}

fn launch(picture: &Picture, kernel: &'static Kernel, constants: Constants<'_>, bindings: &[&Tensor]) {
    let (gpu, groups, vector) = (bindings[0].gpu(), picture.norm.groups, vector(picture.width()));
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
    };
    gpu.launch(&Launch {
        kernel,
        constants: &[team, &[("vector", vector as u32), ("silu", picture.norm.silu.into())], constants].concat(),
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
