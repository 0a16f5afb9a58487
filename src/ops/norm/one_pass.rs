//! One workgroup per sample and group: statistics, normalisation and all gradients in one dispatch each way.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{Args, Extent, GroupNormBackward, Modulation, vector};
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
    launch(extent, &FWD, modulation, &[("residual", residual.is_some().into())], &bindings);
    (y, coefficients)
}

/// Writes or adds the gradient of x to `dx`, adds that of scale and shift to `dtable`, and returns each sample's gradients of gamma
/// and beta, `[N, 2, C]`.
pub(super) fn backward(node: &GroupNormBackward, dy: &Tensor, dx: &Slot, dtable: Option<&Tensor>) -> Tensor {
    let GroupNormBackward { args, coefficients, extent } = node;
    let Args { x, gamma, beta, modulation, .. } = args.as_ref().map(|var| &var.value);
    let dgamma_dbeta = extent.dgamma_dbeta(dy.gpu());
    let mut bindings = vec![x, dy, coefficients, &dx.tensor, &dgamma_dbeta];
    if let (Some(Modulation { table, .. }), Some(dtable)) = (modulation, dtable) {
        bindings.extend([gamma, beta, table, dtable]);
    }
    launch(extent, &BWD, modulation, &[("accumulate", dx.add.into())], &bindings);
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
    let team = team(gpu);
    let workgroup_size = team[0].1;
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
        constants: &[team, &[("vector", vector as u32), ("silu", extent.norm.silu.into())], &modulated, constants]
            .concat(),
        params: bytes_of(&params),
        bindings,
        grid: Grid::linear(extent.samples * groups),
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
