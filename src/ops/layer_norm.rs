//! Layer normalisation, modulated by a scale and shift of each sample.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::{REDUCTION_TURNS, reduction, vector};
use super::norm::Modulation;
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::kernels::{LAYER_NORM_DW, LAYER_NORM_DX, LAYER_NORM_FWD};
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

/// Added to the variance; PyTorch's default.
const EPS: f32 = 1e-5;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
    rows_per_sample: u32,
    channels: u32,
    table_row: u32,
    start: u32,
    eps: f32,
}

/// `(1 + scale) xhat + shift`, `xhat = (x - mean) / sqrt(var + 1e-5)` with mean and variance over the channels of each position (Ba et
/// al. 2016, arXiv 1607.06450), scale and shift those of the position's sample (adaptive layer norm, Peebles and Xie 2022, arXiv
/// 2212.09748). x `[N, .., C]`.
#[track_caller]
pub fn layer_norm(tape: &Tape, x: &Var, modulation: Modulation<&Var>) -> Var {
    let Modulation { table, start } = modulation;
    let fits = table.value.rows() == x.shape()[0] && start + 2 * x.value.channels() <= table.value.channels();
    assert!(fits, "layer_norm: {:?}, scale and shift in {:?} from column {start}", x.value, table.value);
    let y = Tensor::empty_like(&x.value, x.shape());
    let statistics = Tensor::empty_f32(x.gpu(), &[x.value.rows(), 2]);
    let operation = LayerNorm { x: x.clone(), table: table.clone(), start, statistics };
    let (vector, params) = operation.sizes();
    x.gpu().launch(&Launch {
        kernel: &LAYER_NORM_FWD,
        constants: &[&reduction(x.gpu())[..], &[("vector", vector)]].concat(),
        params: bytes_of(&params),
        bindings: &[&x.value, &table.value, &operation.statistics, &y],
        grid: operation.grid(),
    });
    tape.record(&[x, table], y, || operation)
}

struct LayerNorm {
    x: Var,
    table: Var,
    start: usize,
    /// Mean and rstd of each row, `[rows, 2]`.
    statistics: Tensor,
}

impl LayerNorm {
    /// Floats per value, and the parameters of all kernels.
    fn sizes(&self) -> (u32, Params) {
        let (x, row) = (&self.x.value, self.table.value.channels());
        let vector = [x.channels(), row, self.start].into_iter().map(vector).min().unwrap_or(1);
        let params = Params {
            rows: x.rows() as u32,
            rows_per_sample: (x.sample_len() / x.channels()) as u32,
            channels: (x.channels() / vector) as u32,
            table_row: (row / vector) as u32,
            start: (self.start / vector) as u32,
            eps: EPS,
        };
        (vector as u32, params)
    }

    /// A workgroup per row, which reads it at most three times and reduces twice.
    fn grid(&self) -> Grid {
        let (_, params) = self.sizes();
        let invocations = self.x.gpu().tuning().reduction.invocations;
        let turns = params.channels.div_ceil(invocations) as usize + 1;
        Grid::linear(params.rows as usize).looping(3 * turns + 2 * REDUCTION_TURNS)
    }

    fn write_dx(&self, dy: &Tensor, dx: &Place) {
        let (vector, params) = self.sizes();
        dy.gpu().launch(&Launch {
            kernel: &LAYER_NORM_DX,
            constants: &[&reduction(dy.gpu())[..], &[("vector", vector), ("accumulate", dx.add.into())]].concat(),
            params: bytes_of(&params),
            bindings: &[&self.x.value, &self.table.value, &self.statistics, dy, &dx.tensor],
            grid: self.grid(),
        });
    }

    fn add_dtable(&self, dy: &Tensor, dtable: &Tensor) {
        let (vector, params) = self.sizes();
        dy.gpu().launch(&Launch {
            kernel: &LAYER_NORM_DW,
            constants: &[("vector", vector)],
            params: bytes_of(&params),
            bindings: &[&self.x.value, &self.statistics, dy, dtable],
            grid: Grid::covering(dy.shape()[0] * dy.channels() / vector as usize, 64)
                .looping(params.rows_per_sample as usize + 1),
        });
    }
}

impl Backward for LayerNorm {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        gradients.write([(&self.x, dy.dtype())], |[dx]| self.write_dx(dy, dx));
        gradients.write([(&self.table, Dtype::F32)], |[dtable]| self.add_dtable(dy, dtable.zeroed()));
    }
}
