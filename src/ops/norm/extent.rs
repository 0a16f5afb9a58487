//! The sizes of a group normalisation.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::args::{Args, GroupNorm, Modulation};
use crate::gpu::{Gpu, Grid, Launch};
use crate::shader::kernels::GROUP_NORM_DW;
use crate::tensor::Tensor;

/// Sizes of an input `[N, .., C]`, and the settings of its normalisation.
pub(super) struct Extent {
    /// N.
    pub(super) samples: usize,
    /// Positions of a sample.
    pub(super) positions: usize,
    /// C.
    pub(super) channels: usize,
    pub(super) norm: GroupNorm,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct DwParams {
    samples: u32,
    channels: u32,
    modulation_row: u32,
    modulation_start: u32,
}

/// Batches have fewer samples. More are the positions of a layer norm.
const MANY: usize = 256;

impl Extent {
    /// Checks that the shapes of the arguments agree.
    #[track_caller]
    pub(super) fn of(args: &Args<&Tensor>, norm: &GroupNorm) -> Self {
        let &Args { x, gamma, beta, modulation, residual } = args;
        let (samples, channels) = (x.shape()[0], x.channels());
        assert!(channels.is_multiple_of(norm.groups), "group_norm: {x:?} in {} groups", norm.groups);
        let fits = gamma.len() == channels && beta.len() == channels;
        assert!(fits, "group_norm: {x:?}, gamma {gamma:?}, beta {beta:?}");
        if let Some(Modulation { table, start }) = modulation {
            let fits = table.rows() == samples && start + 2 * channels <= table.channels();
            assert!(fits, "group_norm: {x:?}, scale and shift in {table:?} from column {start}");
        }
        if let Some(residual) = residual {
            assert_eq!(residual.shape(), x.shape(), "group_norm: residual");
        }
        Self { samples, positions: x.sample_len() / channels, channels, norm: *norm }
    }

    pub(super) fn group_channels(&self) -> usize {
        self.channels / self.norm.groups
    }

    /// Whether a sample is small enough for one workgroup per group. On a GPU: a few reads per invocation cover a group. On
    /// software Vulkan: the sample stays in the cache of one core, since its groups share cache lines.
    pub(super) fn fits_one_pass(&self, gpu: &Gpu) -> bool {
        self.positions * self.channels <= gpu.tuning().norm.one_pass
    }

    /// Whether the samples are rows, each of one position and one group, so many that several are left to each workgroup.
    pub(super) fn is_of_rows(&self, args: &Args<&Tensor>) -> bool {
        let plain = args.modulation.is_none() && args.residual.is_none() && !self.norm.silu;
        plain && self.positions == 1 && self.norm.groups == 1 && self.samples > MANY
    }

    /// Each channel's coefficients, `[N, 4, C]`, to be written.
    pub(super) fn coefficients(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.samples, 4, self.channels])
    }

    /// Each sample's sums of dz and of dz xhat, `[N, 2, C]`, to be written.
    pub(super) fn channel_sums(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.samples, 2, self.channels])
    }

    /// Adds the gradients of gamma and beta, and of scales and shifts to `dtable`, from the `channel_sums` of the backward pass, of each
    /// sample or of several.
    pub(super) fn add_parameter_gradients(
        &self,
        channel_sums: &Tensor,
        args: &Args<&Tensor>,
        [dgamma, dbeta]: [&Tensor; 2],
        dtable: Option<&Tensor>,
    ) {
        let mut bindings = vec![channel_sums, dgamma, dbeta];
        if let (Some(Modulation { table, .. }), Some(dtable)) = (args.modulation, dtable) {
            bindings.extend([args.gamma, args.beta, table, dtable]);
        }
        let [row, start] = args.modulation_columns();
        dgamma.gpu().launch(&Launch {
            kernel: &GROUP_NORM_DW,
            constants: &[("modulated", args.modulation.is_some().into())],
            params: bytes_of(&DwParams {
                samples: channel_sums.shape()[0] as u32,
                channels: self.channels as u32,
                modulation_row: row as u32,
                modulation_start: start as u32,
            }),
            bindings: &bindings,
            grid: Grid::covering(self.channels, 64).looping(channel_sums.shape()[0] + 1),
        });
    }
}
