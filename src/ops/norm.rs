//! Group normalisation, with a scale and shift per sample, SiLU and a residual fused into it.
//!
//! Two implementations of one formula. Small samples take `one_pass`: one workgroup per sample and group, one dispatch each
//! way. Large samples are `chunked`: each group's positions are split over many workgroups, in three dispatches each way.

mod chunked;
mod one_pass;

use bytemuck::{Pod, Zeroable, bytes_of};

use super::lanes::vector;
use crate::gpu::kernel::Registered;
use crate::gpu::{Body, Gpu, Grid, Kernel, Launch};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

static DW: Kernel = Kernel::new("group_norm_dw", include_str!("../../shaders/group_norm_dw.wgsl"));

/// Settings of a normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// Number of groups; divides the channels.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f32,
    /// Whether SiLU follows.
    pub silu: bool,
}

/// Arguments of [`group_norm`]: of type `&Var` for its callers, `Var` on the tape, `&Tensor` for the kernels.
#[derive(Debug, Clone, Copy)]
pub struct Args<T> {
    /// `[N, .., C]`.
    pub x: T,
    /// Scale of each channel, `[C]`.
    pub gamma: T,
    /// Shift of each channel, `[C]`.
    pub beta: T,
    /// A scale and shift of each sample's channels, before the activation.
    pub modulation: Option<Modulation<T>>,
    /// Added after the activation; of the shape of x.
    pub residual: Option<T>,
}

/// Scales and shifts in 2 C columns of a table: C scales from column `start` on, then C shifts.
///
/// Adaptive group normalisation (Dhariwal and Nichol 2021, arXiv 2105.05233). Several normalisations can share a table, each with
/// its own columns.
#[derive(Debug, Clone, Copy)]
pub struct Modulation<T> {
    /// `[N, any]`.
    pub table: T,
    /// Column of the first scale.
    pub start: usize,
}

/// `y = act((gamma xhat + beta) (1 + scale) + shift) + residual`, `xhat = (x - mean) / sqrt(var + eps)` (Wu and He 2018,
/// arXiv 1803.08494).
///
/// Mean and variance are over a group's channels at all positions of a sample; `act` is SiLU or the identity.
#[track_caller]
pub fn group_norm(tape: &Tape, args: Args<&Var>, norm: &GroupNorm) -> Var {
    let values = args.map(|var| &var.value);
    let extent = Extent::of(&values, norm);
    let (y, coefficients) = match extent.fits_one_pass(values.x.gpu()) {
        true => one_pass::forward(&extent, values),
        false => chunked::forward(&extent, values),
    };
    tape.record(&args.all(), y, || GroupNormBackward { args: args.map(Var::clone), coefficients, extent })
}

struct GroupNormBackward {
    args: Args<Var>,
    /// Each channel's mean, gain, offset and rstd, `[N, 4, C]`: `y = act((x - mean) gain + offset)`.
    coefficients: Tensor,
    extent: Extent,
}

impl Backward for GroupNormBackward {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let Args { x, gamma, beta, modulation, residual } = self.args.as_ref();
        let dtable = modulation.map(|Modulation { table, .. }| {
            let slot = gradients.slot(table, &table.value);
            if !slot.add {
                slot.tensor.clear();
            }
            slot.tensor
        });
        let (dx, dgamma_dbeta) = match self.extent.fits_one_pass(dy.gpu()) {
            true => {
                let slot = gradients.slot(x, &x.value);
                let dgamma_dbeta = one_pass::backward(self, dy, &slot, dtable.as_ref());
                (Some(slot.tensor), dgamma_dbeta)
            }
            false => {
                let dx = x.is_differentiable().then(|| Tensor::empty_like(&x.value, x.shape()));
                let dgamma_dbeta = chunked::backward(self, dy, dx.as_ref(), dtable.as_ref());
                (dx, dgamma_dbeta)
            }
        };
        let (dgamma, dbeta) = (gradients.target(gamma), gradients.target(beta));
        self.extent.add_over_samples(&dgamma_dbeta, &dgamma, &dbeta);
        gradients.deliver(gamma, dgamma);
        gradients.deliver(beta, dbeta);
        if let Some(dx) = dx {
            gradients.add(x, dx);
        }
        if let (Some(Modulation { table, .. }), Some(dtable)) = (modulation, dtable) {
            gradients.add(table, dtable);
        }
        if let Some(residual) = residual {
            gradients.add(residual, dy.clone());
        }
    }
}

impl<T> Args<T> {
    fn as_ref(&self) -> Args<&T> {
        Args {
            x: &self.x,
            gamma: &self.gamma,
            beta: &self.beta,
            modulation: self.modulation.as_ref().map(|&Modulation { ref table, start }| Modulation { table, start }),
            residual: self.residual.as_ref(),
        }
    }

    fn map<U>(self, f: impl Fn(T) -> U) -> Args<U> {
        Args {
            x: f(self.x),
            gamma: f(self.gamma),
            beta: f(self.beta),
            modulation: self.modulation.map(|Modulation { table, start }| Modulation { table: f(table), start }),
            residual: self.residual.map(f),
        }
    }

    /// Those that are given.
    fn all(self) -> Vec<T> {
        let table = self.modulation.map(|modulation| modulation.table);
        [self.x, self.gamma, self.beta].into_iter().chain(table).chain(self.residual).collect()
    }
}

/// Sizes of an input `[N, .., C]`, and the settings of its normalisation.
struct Extent {
    /// N.
    samples: usize,
    /// Positions of a sample.
    positions: usize,
    /// C.
    channels: usize,
    norm: GroupNorm,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct DwParams {
    samples: u32,
    channels: u32,
}

impl Extent {
    /// Checks that the shapes of the arguments agree.
    #[track_caller]
    fn of(args: &Args<&Tensor>, norm: &GroupNorm) -> Self {
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
        Self { samples, positions: x.rows() / samples, channels, norm: *norm }
    }

    fn group_channels(&self) -> usize {
        self.channels / self.norm.groups
    }

    /// Whether a sample is small enough for one workgroup per group. On a GPU: a few reads per invocation cover a group. On
    /// software Vulkan: the sample stays in the cache of one core, since its groups share cache lines.
    fn fits_one_pass(&self, gpu: &Gpu) -> bool {
        let most = if gpu.capabilities().body == Body::Subgroup { 1 << 16 } else { 1 << 14 };
        self.positions * self.channels <= most
    }

    /// Each channel's coefficients, `[N, 4, C]`, to be written.
    fn coefficients(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.samples, 4, self.channels])
    }

    /// Each sample's gradients of gamma and beta, `[N, 2, C]`, to be written.
    fn dgamma_dbeta(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.samples, 2, self.channels])
    }

    /// Adds the samples' gradients `[N, 2, C]` to `dgamma` and `dbeta`.
    fn add_over_samples(&self, dgamma_dbeta: &Tensor, dgamma: &Tensor, dbeta: &Tensor) {
        dgamma.gpu().launch(&Launch {
            kernel: &DW,
            constants: &[],
            params: bytes_of(&DwParams { samples: self.samples as u32, channels: self.channels as u32 }),
            bindings: &[dgamma_dbeta, dgamma, dbeta],
            grid: Grid::covering(2 * self.channels, 64),
        });
    }
}

pub(super) fn registered() -> Vec<Registered> {
    let dw = Registered::plain(&DW, size_of::<DwParams>(), 3);
    [vec![dw], one_pass::registered(), chunked::registered()].into_iter().flatten().collect()
}
