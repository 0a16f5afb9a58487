//! Group normalisation with a sample's own scale and shift, SiLU and a residual fused behind it.
//!
//! Two ways to the same numbers: each group of a small sample is normalised *whole*, by one team of lanes in one dispatch;
//! large samples are split into *chunks* that occupy as many lanes as there are, in three dispatches. The sample's size decides.

mod chunked;
mod whole;

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::vector;
use crate::dtype::Dtype;
use crate::gpu::{Gpu, Grid, Launch};
use crate::shader::kernels::GROUP_NORM_DW;
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

/// What is fixed about a normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// Number of groups; divides the channels.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f32,
    /// Whether SiLU follows.
    pub silu: bool,
}

/// What else is fused into a normalisation; nothing by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fused<'a> {
    /// For each sample C scales, then C shifts, between the normalisation and SiLU.
    pub modulation: Option<Modulation<'a>>,
    /// Of the input's shape, added at the end.
    pub residual: Option<&'a Var>,
}

/// Where scales and shifts are: 2 C columns of a table, from column `start` on.
#[derive(Debug, Clone, Copy)]
pub struct Modulation<'a> {
    /// `[N, any]`. Several normalisations may have columns in it, each its own.
    pub table: &'a Var,
    /// The first scale's column.
    pub start: usize,
}

/// `act((gamma xhat + beta) (scale + 1) + shift) + residual`, `xhat = (x - mean) / sqrt(var + eps)` (Wu and He 2018).
///
/// x is `[N, .., C]`, gamma and beta `[C]`. Mean and variance are over a group's channels at all positions of a sample; `act` is
/// SiLU or nothing.
#[track_caller]
pub fn group_norm(tape: &Tape, x: &Var, gamma: &Var, beta: &Var, norm: &GroupNorm, fused: Fused<'_>) -> Var {
    let picture = Picture::of(&x.value, norm);
    assert!(
        gamma.value.len() == picture.channels && beta.value.len() == picture.channels,
        "group_norm: {:?}, gamma {:?}, beta {:?}",
        x.value,
        gamma.value,
        beta.value
    );
    let Fused { modulation, residual } = fused;
    if let Some(Modulation { table, start }) = modulation {
        let fits = table.value.rows() == picture.batch && start + 2 * picture.channels <= table.value.channels();
        assert!(fits, "group_norm: {:?}, scale and shift in {:?} from column {start}", x.value, table.value);
    }
    if let Some(residual) = residual {
        assert_eq!(residual.shape(), x.shape(), "group_norm: residual");
    }
    let inputs = Inputs {
        x: &x.value,
        gamma: &gamma.value,
        beta: &beta.value,
        modulation: modulation.map(|Modulation { table, start }| Columns { table: &table.value, start }),
        residual: residual.map(|var| &var.value),
    };
    let (y, coefficients) = match picture.is_whole(x.gpu()) {
        true => whole::forward(&picture, &inputs),
        false => chunked::forward(&picture, &inputs),
    };
    let table = modulation.map(|Modulation { table, .. }| table);
    let vars: Vec<&Var> = [x, gamma, beta].into_iter().chain(table).chain(residual).collect();
    tape.record(&vars, y, || Node {
        x: x.clone(),
        gamma: gamma.clone(),
        beta: beta.clone(),
        modulation: modulation.map(|Modulation { table, start }| (table.clone(), start)),
        residual: residual.cloned(),
        coefficients,
        picture,
    })
}

/// Scales and shifts, or their gradients, in a table.
#[derive(Clone, Copy)]
struct Columns<'a> {
    table: &'a Tensor,
    start: usize,
}

/// What a forward pass reads.
struct Inputs<'a> {
    x: &'a Tensor,
    gamma: &'a Tensor,
    beta: &'a Tensor,
    modulation: Option<Columns<'a>>,
    residual: Option<&'a Tensor>,
}

/// What a backward pass reads beside the gradient of the output.
struct Kept<'a> {
    x: &'a Tensor,
    /// Each channel's mean, gain, offset and inverse deviation, `[N, 4, C]`: `y = act((x - mean) gain + offset)`.
    coefficients: &'a Tensor,
    modulated: Option<Modulated<'a>>,
}

/// What else it reads, and adds to, where there is a scale and shift.
struct Modulated<'a> {
    gamma: &'a Tensor,
    beta: &'a Tensor,
    columns: Columns<'a>,
    /// The gradient of the table.
    gradient: &'a Tensor,
}

struct Node {
    x: Var,
    gamma: Var,
    beta: Var,
    modulation: Option<(Var, usize)>,
    residual: Option<Var>,
    coefficients: Tensor,
    picture: Picture,
}

impl Backward for Node {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let x = (&self.x, self.x.value.dtype());
        let [gamma, beta] = [&self.gamma, &self.beta].map(|var| (var, Dtype::F32));
        match &self.modulation {
            None => gradients.write([x, gamma, beta], |[dx, dgamma, dbeta]| {
                self.write(output, dx, None, [dgamma, dbeta]);
            }),
            Some((table, _)) => {
                let table = (table, table.value.dtype());
                gradients.write([x, gamma, beta, table], |[dx, dgamma, dbeta, dtable]| {
                    self.write(output, dx, Some(dtable), [dgamma, dbeta]);
                });
            }
        }
        if let Some(residual) = &self.residual {
            gradients.add(residual, output.clone());
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct DwParams {
    samples: u32,
    channels: u32,
}

impl Node {
    fn write(&self, dy: &Tensor, dx: &Place, dtable: Option<&Place>, [dgamma, dbeta]: [&Place; 2]) {
        let modulated = self.modulation.as_ref().zip(dtable).map(|((table, start), dtable)| Modulated {
            gamma: &self.gamma.value,
            beta: &self.beta.value,
            columns: Columns { table: &table.value, start: *start },
            gradient: dtable.zeroed(),
        });
        let kept = Kept { x: &self.x.value, coefficients: &self.coefficients, modulated };
        let per_sample = match self.picture.is_whole(dy.gpu()) {
            true => whole::backward(&self.picture, &kept, dy, dx),
            false => chunked::backward(&self.picture, &kept, dy, self.x.is_differentiable().then_some(dx)),
        };
        let channels = self.picture.channels;
        per_sample.gpu().launch(&Launch {
            kernel: &GROUP_NORM_DW,
            constants: &[],
            params: bytes_of(&DwParams { samples: self.picture.batch as u32, channels: channels as u32 }),
            bindings: &[&per_sample, dgamma.zeroed(), dbeta.zeroed()],
            grid: Grid::covering(2 * channels, 64),
        });
    }
}

/// A picture as the kernels see it.
struct Picture {
    batch: usize,
    positions: usize,
    channels: usize,
    norm: GroupNorm,
}

impl Picture {
    #[track_caller]
    fn of(x: &Tensor, norm: &GroupNorm) -> Self {
        let (batch, channels) = (x.shape()[0], x.channels());
        assert!(channels.is_multiple_of(norm.groups), "group_norm: {x:?} in {} groups", norm.groups);
        Self { batch, positions: x.rows() / batch, channels, norm: *norm }
    }

    /// Channels of a group.
    fn width(&self) -> usize {
        self.channels / self.norm.groups
    }

    /// Whether a sample is small enough for a team per group: on a GPU, that a few reads per lane cover a group; on a
    /// processor, that the sample stays in a core's own cache, since its groups share cache lines.
    fn is_whole(&self, gpu: &Gpu) -> bool {
        self.positions * self.channels <= gpu.tuning().norm.whole
    }

    /// Each channel's coefficients, `[N, 4, C]`, to be written.
    fn coefficients(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.batch, 4, self.channels])
    }

    /// Each sample's gradients of gamma and beta, `[N, 2, C]`, to be written.
    fn dparameters(&self, gpu: &Gpu) -> Tensor {
        Tensor::empty_f32(gpu, &[self.batch, 2, self.channels])
    }
}
