//! Positions split into chunks, so that a sample of any size occupies the whole device: one kernel takes each channel's
//! statistics over each chunk, a second merges them into the groups', a third computes the output. The backward pass has the
//! same three.
//!
//! Neighbouring invocations read neighbouring channels, whatever the number of channels in a group.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::args::Args;
use super::extent::Extent;
use crate::gpu::{Gpu, Grid, Launch};
use crate::ops::constants::{REDUCTION_TURNS, reduction, vector};
use crate::shader::kernels::{
    GROUP_NORM_BWD_FINISH, GROUP_NORM_BWD_SUMS, GROUP_NORM_DX, GROUP_NORM_FINISH, GROUP_NORM_FWD, GROUP_NORM_STATS,
};
use crate::shader::{Constants, Kernel};
use crate::tape::{Place, accumulate};
use crate::tensor::Tensor;

/// The output and each channel's coefficients.
pub(super) fn forward(extent: &Extent, args: Args<&Tensor>) -> (Tensor, Tensor) {
    let Args { x, gamma, beta, modulation, residual } = args;
    let (gpu, chunks) = (x.gpu(), extent.chunks(x.gpu(), Sweep::Reduce));
    let [mean, m2] = extent.per_chunk(gpu, chunks);
    extent.sweep(&GROUP_NORM_STATS, &[], &[x, &mean, &m2], chunks);

    let coefficients = extent.coefficients(gpu);
    let table = modulation.map(|modulation| modulation.table);
    let bindings: Vec<&Tensor> = [&mean, &m2, gamma, beta, &coefficients].into_iter().chain(table).collect();
    let modulated = [("modulated", modulation.is_some().into())];
    let [row, start] = args.modulation_columns();
    let params = FinishParams {
        extent: extent.merged(chunks),
        eps: extent.norm.eps,
        modulation_row: row as u32,
        modulation_start: start as u32,
    };
    extent.finish(&GROUP_NORM_FINISH, &modulated, bytes_of(&params), &bindings, chunks);

    let y = Tensor::empty_like(x, x.shape());
    let bindings: Vec<&Tensor> = [x, &coefficients, &y].into_iter().chain(residual).collect();
    let added = [("residual", residual.is_some().into())];
    extent.sweep(&GROUP_NORM_FWD, &added, &bindings, extent.chunks(gpu, Sweep::Map));
    (y, coefficients)
}

/// Writes or adds the gradient of x to `dx`, and returns each sample's sums of dz and of dz xhat, `[N, 2, C]`.
pub(super) fn backward(extent: &Extent, x: &Tensor, coefficients: &Tensor, dy: &Tensor, dx: Option<&Place>) -> Tensor {
    let gpu = dy.gpu();
    let chunks = extent.chunks(gpu, Sweep::Reduce);
    let [sum_dz, sum_dz_centred] = extent.per_chunk(gpu, chunks);
    extent.sweep(&GROUP_NORM_BWD_SUMS, &[], &[x, dy, coefficients, &sum_dz, &sum_dz_centred], chunks);

    let dx_means = Tensor::empty_f32(gpu, &[extent.samples, 2, extent.channels]);
    let channel_sums = extent.channel_sums(gpu);
    let bindings = [&sum_dz, &sum_dz_centred, coefficients, &dx_means, &channel_sums];
    extent.finish(&GROUP_NORM_BWD_FINISH, &[], bytes_of(&extent.merged(chunks)), &bindings, chunks);

    if let Some(Place { tensor, add }) = dx {
        let dx = if *add { Tensor::empty_like(x, x.shape()) } else { tensor.clone() };
        let chunks = extent.chunks(gpu, Sweep::Map);
        extent.sweep(&GROUP_NORM_DX, &[], &[x, dy, coefficients, &dx_means, &dx], chunks);
        if *add {
            accumulate(tensor, &dx);
        }
    }
    channel_sums
}

/// A kernel that reads every element of x.
#[derive(Clone, Copy, PartialEq)]
enum Sweep {
    /// Writes a number per channel and chunk: few chunks, since another kernel merges them.
    Reduce,
    /// Writes a number per element.
    Map,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct SweepParams {
    length: u32,
    positions: u32,
    vectors: u32,
    chunks: Chunks,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct MergeParams {
    samples: u32,
    groups: u32,
    group_channels: u32,
    positions: u32,
    chunks: Chunks,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct FinishParams {
    extent: MergeParams,
    eps: f32,
    modulation_row: u32,
    modulation_start: u32,
}

/// How positions are split: chunk i has every `stride`-th of the `chunk_span` positions from `i chunk_offset` on.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Chunks {
    chunks: u32,
    chunk_offset: u32,
    chunk_span: u32,
    stride: u32,
}

/// Most positions of a chunk: loops of software Vulkan end early.
const LONGEST: usize = 1 << 15;

impl Chunks {
    /// At most `count` chunks. On software Vulkan a chunk is contiguous, since a core streams through what one invocation
    /// reads; on a GPU chunks are interleaved, since all invocations read at once.
    fn split(positions: usize, count: usize, interleaved: bool) -> Self {
        let (positions, count) = (positions as u32, count as u32);
        if !interleaved {
            let span = positions.div_ceil(count);
            return Self { chunks: positions.div_ceil(span), chunk_offset: span, chunk_span: span, stride: 1 };
        }
        Self { chunks: count, chunk_offset: 1, chunk_span: positions, stride: count }
    }
}

impl Extent {
    /// Vectors of 4 channels, or of 1, at a position.
    fn vectors(&self) -> usize {
        self.channels / vector(self.channels)
    }

    /// Enough chunks to occupy every core.
    fn chunks(&self, gpu: &Gpu, sweep: Sweep) -> Chunks {
        let norm = &gpu.tuning().norm;
        let (wanted, most) = match sweep {
            Sweep::Reduce => (norm.reduce, norm.most_reduced),
            Sweep::Map => (norm.map, norm.most_mapped),
        };
        let count = (wanted / (self.samples * self.vectors())).clamp(1, most).max(self.positions.div_ceil(LONGEST));
        let count = count.min(self.positions.div_ceil(4));
        Chunks::split(self.positions, count, norm.interleaved)
    }

    /// Two tensors of a number per channel and chunk, `[N, chunks, C]`, to be written.
    fn per_chunk(&self, gpu: &Gpu, chunks: Chunks) -> [Tensor; 2] {
        [0; 2].map(|_| Tensor::empty_f32(gpu, &[self.samples, chunks.chunks as usize, self.channels]))
    }

    /// One invocation per chunk and vector.
    fn sweep(&self, kernel: &'static Kernel, constants: Constants<'_>, bindings: &[&Tensor], chunks: Chunks) {
        let length = self.samples * chunks.chunks as usize * self.vectors();
        let params = SweepParams {
            length: length as u32,
            positions: self.positions as u32,
            vectors: self.vectors() as u32,
            chunks,
        };
        let shared = [("vector", vector(self.channels) as u32), ("silu", self.norm.silu.into())];
        bindings[0].gpu().launch(&Launch {
            kernel,
            constants: &[&shared, constants].concat(),
            params: bytes_of(&params),
            bindings,
            grid: Grid::covering(length, 64).looping((chunks.chunk_span / chunks.stride) as usize + 2),
        });
    }

    /// The parameters of both kernels that merge chunks.
    fn merged(&self, chunks: Chunks) -> MergeParams {
        MergeParams {
            samples: self.samples as u32,
            groups: self.norm.groups as u32,
            group_channels: self.group_channels() as u32,
            positions: self.positions as u32,
            chunks,
        }
    }

    /// Launches a kernel that merges chunks: one workgroup per sample and group.
    fn finish(
        &self,
        kernel: &'static Kernel,
        constants: Constants<'_>,
        params: &[u8],
        bindings: &[&Tensor],
        chunks: Chunks,
    ) {
        let gpu = bindings[0].gpu();
        let channels = self.group_channels().div_ceil(gpu.tuning().reduction.invocations as usize);
        // Every chunk of the group's channels twice, then the channels, and two reductions.
        let turns = 2 * channels * (chunks.chunks as usize + 2) + channels + 3 + 2 * REDUCTION_TURNS;
        gpu.launch(&Launch {
            kernel,
            constants: &[&reduction(gpu)[..], constants].concat(),
            params,
            bindings,
            grid: Grid::linear(self.samples * self.norm.groups).looping(turns),
        });
    }
}
