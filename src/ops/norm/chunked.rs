//! Large groups: statistics are taken per channel over chunks of positions, by lanes that read neighbouring channels, and then
//! merged into the groups'; so the widths of groups do not matter to what touches the whole picture, and a picture of any
//! size occupies as many lanes as there are.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::{Columns, Inputs, Kept, Modulated, Picture, vector};
use crate::gpu::{Gpu, Grid, Launch};
use crate::ops::constants::reduction;
use crate::shader::kernels::{
    GROUP_NORM_BWD_FINISH, GROUP_NORM_BWD_SUMS, GROUP_NORM_DX, GROUP_NORM_FINISH, GROUP_NORM_FWD, GROUP_NORM_STATS,
};
use crate::shader::{Constants, Kernel};
use crate::tape::{Place, accumulate};
use crate::tensor::Tensor;

/// The output and each channel's coefficients.
pub(super) fn forward(picture: &Picture, inputs: &Inputs<'_>) -> (Tensor, Tensor) {
    let Inputs { x, gamma, beta, modulation, residual } = *inputs;
    let (gpu, chunks) = (x.gpu(), picture.chunks(x.gpu(), Sweep::Reduce));
    let [means, squares] = picture.per_chunk(gpu, chunks);
    picture.sweep(&GROUP_NORM_STATS, &[], &[x, &means, &squares], chunks);
    let coefficients = picture.coefficients(gpu);
    let table = modulation.map(|columns| columns.table);
    let bindings: Vec<&Tensor> = [&means, &squares, gamma, beta, &coefficients].into_iter().chain(table).collect();
    picture.finish(&GROUP_NORM_FINISH, &bindings, chunks, modulation);
    let y = Tensor::empty_like(x, x.shape());
    let bindings: Vec<&Tensor> = [x, &coefficients, &y].into_iter().chain(residual).collect();
    let added = [("residual", residual.is_some().into())];
    picture.sweep(&GROUP_NORM_FWD, &added, &bindings, picture.chunks(gpu, Sweep::Map));
    (y, coefficients)
}

pub(super) fn backward(picture: &Picture, kept: &Kept<'_>, dy: &Tensor, dx: Option<&Place>) -> Tensor {
    let (gpu, &Kept { x, coefficients, ref modulated }) = (dy.gpu(), kept);
    let chunks = picture.chunks(gpu, Sweep::Reduce);
    let [sums, alongs] = picture.per_chunk(gpu, chunks);
    picture.sweep(&GROUP_NORM_BWD_SUMS, &[], &[x, dy, coefficients, &sums, &alongs], chunks);
    let pulls = Tensor::empty_f32(gpu, &[picture.batch, 2, picture.channels]);
    let dparameters = picture.dparameters(gpu);
    let mut bindings = vec![&sums, &alongs, coefficients, &pulls, &dparameters];
    if let Some(Modulated { gamma, beta, columns, gradient }) = modulated {
        bindings.extend([gamma, beta, columns.table, gradient]);
    }
    let columns = modulated.as_ref().map(|modulated| modulated.columns);
    picture.finish(&GROUP_NORM_BWD_FINISH, &bindings, chunks, columns);
    if let Some(Place { tensor, add }) = dx {
        let dx = if *add { Tensor::empty_like(x, x.shape()) } else { tensor.clone() };
        let chunks = picture.chunks(gpu, Sweep::Map);
        picture.sweep(&GROUP_NORM_DX, &[], &[x, dy, coefficients, &pulls, &dx], chunks);
        if *add {
            accumulate(tensor, &dx);
        }
    }
    dparameters
}

/// What a sweep over a whole picture is for.
#[derive(Clone, Copy, PartialEq)]
enum Sweep {
    /// A number per channel and chunk: few chunks, since another kernel merges them.
    Reduce,
    /// A number per element.
    Map,
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
    modulation_row: u32,
    modulation_start: u32,
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
    fn split(positions: usize, count: usize, interleaved: bool) -> Self {
        let (positions, count) = (positions as u32, count as u32);
        if !interleaved {
            let span = positions.div_ceil(count);
            return Self { count: positions.div_ceil(span), start_step: span, span, step: 1 };
        }
        Self { count, start_step: 1, span: positions, step: count }
    }
}

impl Picture {
    /// Pieces of 4 channels, or of 1, in a pixel.
    fn pieces(&self) -> usize {
        self.channels / vector(self.channels)
    }

    /// The positions in so many chunks that every core has something to do.
    fn chunks(&self, gpu: &Gpu, sweep: Sweep) -> Chunks {
        let norm = &gpu.tuning().norm;
        let (wanted, most) = match sweep {
            Sweep::Reduce => (norm.reduce, norm.most_reduced),
            Sweep::Map => (norm.map, norm.most_mapped),
        };
        let count = (wanted / (self.batch * self.pieces())).clamp(1, most).min(self.positions.div_ceil(4));
        Chunks::split(self.positions, count, norm.interleaved)
    }

    /// Two tensors of a number per channel and chunk.
    fn per_chunk(&self, gpu: &Gpu, chunks: Chunks) -> [Tensor; 2] {
        [0; 2].map(|_| Tensor::empty_f32(gpu, &[self.batch, chunks.count as usize, self.channels]))
    }

    /// A lane per piece of a chunk.
    fn sweep(&self, kernel: &'static Kernel, constants: Constants<'_>, bindings: &[&Tensor], chunks: Chunks) {
        let lanes = self.batch * chunks.count as usize * self.pieces();
        let params =
            SweepParams { lanes: lanes as u32, positions: self.positions as u32, pieces: self.pieces() as u32, chunks };
        let shared = [("vector", vector(self.channels) as u32), ("silu", self.norm.silu.into())];
        bindings[0].gpu().launch(&Launch {
            kernel,
            constants: &[&shared, constants].concat(),
            params: bytes_of(&params),
            bindings,
            grid: Grid::covering(lanes, 64),
        });
    }

    /// A team per sample and group.
    fn finish(&self, kernel: &'static Kernel, bindings: &[&Tensor], chunks: Chunks, modulation: Option<Columns<'_>>) {
        let (gpu, groups) = (bindings[0].gpu(), self.norm.groups);
        let (row, start) = modulation.map_or((0, 0), |columns| (columns.table.channels(), columns.start));
        let params = FinishParams {
            samples: self.batch as u32,
            groups: groups as u32,
            width: self.width() as u32,
            positions: self.positions as u32,
            chunks,
            eps: self.norm.eps,
            modulation_row: row as u32,
            modulation_start: start as u32,
        };
        gpu.launch(&Launch {
            kernel,
            constants: &[&reduction(gpu)[..], &[("modulated", modulation.is_some().into())]].concat(),
            params: bytes_of(&params),
            bindings,
            grid: Grid::linear(self.batch * groups),
        });
    }
}
