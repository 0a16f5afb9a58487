//! Group normalisation with a sample's own scale and shift and SiLU fused behind it.
//!
//! Statistics are taken per channel over chunks of positions, by lanes that read neighbouring channels, and then merged into
//! the groups'; so the widths of groups do not matter to what touches the whole picture, and a picture of any size
//! occupies as many lanes as there are.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::lanes::{team, vector};
use super::reduce::{column_sum, column_sum_into};
use crate::gpu::kernel::{Constants, Registered};
use crate::gpu::{Body, Gpu, Grid, Kernel, Launch};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

static STATS: Kernel = Kernel::new("group_norm_stats", include_str!("../../shaders/group_norm_stats.wgsl"));
static FINISH: Kernel = Kernel::new("group_norm_finish", include_str!("../../shaders/group_norm_finish.wgsl"));
static FWD: Kernel = Kernel::new("group_norm_fwd", include_str!("../../shaders/group_norm_fwd.wgsl"));
static BWD_SUMS: Kernel = Kernel::new("group_norm_bwd_sums", include_str!("../../shaders/group_norm_bwd_sums.wgsl"));
static BWD_FINISH: Kernel =
    Kernel::new("group_norm_bwd_finish", include_str!("../../shaders/group_norm_bwd_finish.wgsl"));
static DX: Kernel = Kernel::new("group_norm_dx", include_str!("../../shaders/group_norm_dx.wgsl"));

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

/// `act((gamma xhat + beta) (scale + 1) + shift)`, `xhat = (x - mean) / sqrt(var + eps)` (Wu and He 2018).
///
/// x is `[N, .., C]`, gamma and beta `[C]`, scale_shift `[N, 2 C]`: for each sample C scales, then C shifts. Mean and
/// variance are over a group's channels at all positions of a sample; `act` is SiLU or nothing.
#[track_caller]
pub fn group_norm(tape: &Tape, x: &Var, gamma: &Var, beta: &Var, norm: &GroupNorm, scale_shift: Option<&Var>) -> Var {
    let sizes = Sizes::of(&x.value, norm);
    assert!(
        gamma.value.len() == sizes.channels && beta.value.len() == sizes.channels,
        "group_norm: {:?}, gamma {:?}, beta {:?}",
        x.value,
        gamma.value,
        beta.value
    );
    if let Some(table) = scale_shift {
        assert_eq!(table.shape(), [sizes.batch, 2 * sizes.channels], "group_norm: {:?}, scale and shift", x.value);
    }
    let coefficients = coefficients(&sizes, &x.value, [&gamma.value, &beta.value], scale_shift.map(|var| &var.value));
    let y = Tensor::empty_like(&x.value, x.shape());
    sizes.sweep(x.gpu(), &FWD, &[&x.value, &coefficients, &y], sizes.chunks(x.gpu(), Sweep::Map));
    let inputs: Vec<&Var> = [x, gamma, beta].into_iter().chain(scale_shift).collect();
    tape.record(&inputs, y, || Node {
        x: x.clone(),
        gamma: gamma.clone(),
        beta: beta.clone(),
        scale_shift: scale_shift.cloned(),
        coefficients,
        sizes,
    })
}

/// Each channel's mean, gain, offset and inverse deviation, `[N, 4, C]`.
fn coefficients(sizes: &Sizes, x: &Tensor, [gamma, beta]: [&Tensor; 2], scale_shift: Option<&Tensor>) -> Tensor {
    let (gpu, chunks) = (x.gpu(), sizes.chunks(x.gpu(), Sweep::Reduce));
    let [means, squares] = sizes.per_chunk(gpu, chunks);
    sizes.sweep(gpu, &STATS, &[x, &means, &squares], chunks);
    let coefficients = Tensor::empty_f32(gpu, &[sizes.batch, 4, sizes.channels]);
    let mut bindings = vec![&means, &squares, gamma, beta, &coefficients];
    bindings.extend(scale_shift);
    sizes.finish(gpu, &FINISH, &bindings, chunks, scale_shift.is_some());
    coefficients
}

struct Node {
    x: Var,
    gamma: Var,
    beta: Var,
    scale_shift: Option<Var>,
    coefficients: Tensor,
    sizes: Sizes,
}

impl Backward for Node {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let (gpu, sizes, x) = (output.gpu(), &self.sizes, &self.x.value);
        let chunks = sizes.chunks(gpu, Sweep::Reduce);
        let [sums, alongs] = sizes.per_chunk(gpu, chunks);
        sizes.sweep(gpu, &BWD_SUMS, &[x, output, &self.coefficients, &sums, &alongs], chunks);
        let pulls = Tensor::empty_f32(gpu, &[sizes.batch, 2, sizes.channels]);
        let [dgammas, dbetas] = [0; 2].map(|_| Tensor::empty_f32(gpu, &[sizes.batch, sizes.channels]));
        let mut bindings = vec![&sums, &alongs, &self.coefficients, &pulls, &dgammas, &dbetas];
        let modulation =
            self.scale_shift.as_ref().map(|table| (&table.value, Tensor::empty_like(&table.value, table.shape())));
        if let Some((table, gradient)) = &modulation {
            bindings.extend([&self.gamma.value, &self.beta.value, table, gradient]);
        }
        sizes.finish(gpu, &BWD_FINISH, &bindings, chunks, modulation.is_some());
        if self.x.is_differentiable() {
            let dx = Tensor::empty_like(x, x.shape());
            let bindings = [x, output, &self.coefficients, &pulls, &dx];
            sizes.sweep(gpu, &DX, &bindings, sizes.chunks(gpu, Sweep::Map));
            gradients.add(&self.x, dx);
        }
        for (var, per_sample) in [(&self.gamma, dgammas), (&self.beta, dbetas)] {
            match gradients.parameter_target(var) {
                Some(target) => column_sum_into(&per_sample, target),
                None if var.is_differentiable() => gradients.add(var, column_sum(&per_sample)),
                None => {}
            }
        }
        if let (Some(var), Some((_, gradient))) = (&self.scale_shift, modulation) {
            gradients.add(var, gradient);
        }
    }
}

/// What a sweep over a whole picture is for.
#[derive(Clone, Copy, PartialEq)]
enum Sweep {
    /// A number per channel and chunk: few chunks, since another kernel merges them.
    Reduce,
    /// A number per element.
    Map,
}

/// A picture as the kernels see it.
struct Sizes {
    batch: usize,
    positions: usize,
    channels: usize,
    norm: GroupNorm,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct SweepParams {
    lanes: u32,
    positions: u32,
    pieces: u32,
    chunks: Chunks,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct FinishParams {
    samples: u32,
    groups: u32,
    width: u32,
    positions: u32,
    chunks: Chunks,
    eps: f32,
}

/// How the positions of a picture are split: chunk i has every `step`-th of the `span` positions from `i start_step` on.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Chunks {
    count: u32,
    start_step: u32,
    span: u32,
    step: u32,
}

impl Chunks {
    /// `count` chunks of `positions`, at the most. On a processor a chunk is a stretch, since a core streams through what one
    /// lane reads; on a GPU chunks are interleaved, since all lanes read at once.
    fn split(positions: usize, count: usize, software: bool) -> Self {
        let (positions, count) = (positions as u32, count as u32);
        if software {
            let span = positions.div_ceil(count);
            return Self { count: positions.div_ceil(span), start_step: span, span, step: 1 };
        }
        Self { count, start_step: 1, span: positions, step: count }
    }
}

impl Sizes {
    #[track_caller]
    fn of(x: &Tensor, norm: &GroupNorm) -> Self {
        let (batch, channels) = (x.shape()[0], x.channels());
        assert!(channels.is_multiple_of(norm.groups), "group_norm: {x:?} in {} groups", norm.groups);
        Self { batch, positions: x.rows() / batch, channels, norm: *norm }
    }

    /// Pieces of 4 channels, or of 1, in a pixel.
    fn pieces(&self) -> usize {
        self.channels / vector(self.channels)
    }

    /// The positions in so many chunks that every core has something to do.
    fn chunks(&self, gpu: &Gpu, sweep: Sweep) -> Chunks {
        let software = gpu.capabilities().body == Body::Subgroup;
        let (wanted, most) = match (software, sweep) {
            (true, _) => (512, 64),
            (false, Sweep::Reduce) => (1 << 15, 64),
            (false, Sweep::Map) => (1 << 18, usize::MAX),
        };
        let count = (wanted / (self.batch * self.pieces())).clamp(1, most).min(self.positions.div_ceil(4));
        Chunks::split(self.positions, count, software)
    }

    /// Two tensors of a number per channel and chunk.
    fn per_chunk(&self, gpu: &Gpu, chunks: Chunks) -> [Tensor; 2] {
        [0; 2].map(|_| Tensor::empty_f32(gpu, &[self.batch, chunks.count as usize, self.channels]))
    }

    /// A lane per piece of a chunk.
    fn sweep(&self, gpu: &Gpu, kernel: &'static Kernel, bindings: &[&Tensor], chunks: Chunks) {
        let lanes = self.batch * chunks.count as usize * self.pieces();
        let params =
            SweepParams { lanes: lanes as u32, positions: self.positions as u32, pieces: self.pieces() as u32, chunks };
        gpu.launch(&Launch {
            kernel,
            constants: &[("vector", vector(self.channels) as u32), ("silu", self.norm.silu.into())],
            params: bytes_of(&params),
            bindings,
            grid: Grid::covering(lanes, 64),
        });
    }

    /// A team per sample and group.
    fn finish(&self, gpu: &Gpu, kernel: &'static Kernel, bindings: &[&Tensor], chunks: Chunks, modulated: bool) {
        let groups = self.norm.groups;
        let params = FinishParams {
            samples: self.batch as u32,
            groups: groups as u32,
            width: (self.channels / groups) as u32,
            positions: self.positions as u32,
            chunks,
            eps: self.norm.eps,
        };
        gpu.launch(&Launch {
            kernel,
            constants: &[team(gpu), &[("modulated", modulated.into())]].concat(),
            params: bytes_of(&params),
            bindings,
            grid: Grid::linear(self.batch * groups),
        });
    }
}

pub(super) fn registered() -> Vec<Registered> {
    const SWEEPS: &[Constants<'static>] = &[
        &[("vector", 4), ("silu", 1)],
        &[("vector", 4), ("silu", 0)],
        &[("vector", 1), ("silu", 1)],
        &[("vector", 1), ("silu", 0)],
    ];
    const PLAIN: &[Constants<'static>] = &[
        &[("lanes", 8), ("one_subgroup", 1), ("modulated", 0)],
        &[("lanes", 128), ("one_subgroup", 0), ("modulated", 0)],
    ];
    const MODULATED: &[Constants<'static>] = &[
        &[("lanes", 8), ("one_subgroup", 1), ("modulated", 1)],
        &[("lanes", 128), ("one_subgroup", 0), ("modulated", 1)],
    ];
    let entry =
        |kernel, variants, params, bindings| Registered { variants, ..Registered::plain(kernel, params, bindings) };
    let (sweep, finish) = (size_of::<SweepParams>(), size_of::<FinishParams>());
    vec![
        entry(&STATS, SWEEPS, sweep, 3),
        entry(&FWD, SWEEPS, sweep, 3),
        entry(&BWD_SUMS, SWEEPS, sweep, 5),
        entry(&DX, SWEEPS, sweep, 5),
        entry(&FINISH, PLAIN, finish, 5),
        entry(&FINISH, MODULATED, finish, 6),
        entry(&BWD_FINISH, PLAIN, finish, 6),
        entry(&BWD_FINISH, MODULATED, finish, 10),
    ]
}
