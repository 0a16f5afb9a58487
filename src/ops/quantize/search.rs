//! The nearest codes of rows, of one codebook or level by level.

use bytemuck::{Pod, Zeroable};

use super::rows::dimension;
use crate::dtype::Dtype;
use crate::gpu::{Gpu, Grid, Launch};
use crate::ops::reduce::column_sum_scaled;
use crate::shader::kernels::{NEAREST_CODE, RESIDUAL_QUANTIZE};
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct NearestParams {
    rows: u32,
    codes: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct ResidualParams {
    rows: u32,
    codes: u32,
    levels: u32,
    gradient_scale: f32,
}

/// How a search over rows of `d` numbers is laid out.
struct Plan {
    d: usize,
    rows_per_lane: usize,
    broadcast: bool,
}

impl Plan {
    fn new(gpu: &Gpu, d: usize) -> Self {
        let broadcast = gpu.tuning().software_kernels && d.is_multiple_of(4);
        let rows_per_lane = match d {
            _ if !broadcast => 1,
            ..=16 => 4,
            17..=32 => 2,
            _ => 1,
        };
        Self { d, rows_per_lane, broadcast }
    }

    fn constants(&self) -> [(&'static str, u32); 3] {
        [("d", self.d as u32), ("rows_per_lane", self.rows_per_lane as u32), ("broadcast", self.broadcast.into())]
    }

    fn grid(&self, rows: usize) -> Grid {
        Grid::covering(rows, self.rows_per_lane * if self.broadcast { 8 } else { 64 })
    }
}

/// The index of the code nearest to each row, the lowest on ties: rows `[.., D]`, book `[K, D]` -> u32 `[N]`.
#[track_caller]
pub fn nearest_code(rows: &Tensor, book: &Tensor) -> Tensor {
    dimension("nearest_code", rows.channels());
    assert_eq!(rows.channels(), book.channels(), "nearest_code: rows {rows:?}, codes {book:?}");
    let plan = Plan::new(rows.gpu(), rows.channels());
    let indices = Tensor::empty(rows.gpu(), &[rows.rows()], Dtype::U32);
    rows.gpu().launch(&Launch {
        kernel: &NEAREST_CODE,
        constants: &plan.constants(),
        params: bytemuck::bytes_of(&NearestParams { rows: rows.rows() as u32, codes: book.rows() as u32 }),
        bindings: &[rows, book, &indices],
        grid: plan.grid(rows.rows()),
    });
    indices
}

/// Rows after the residual quantizer.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// Sum over levels of the nearest codes, of the rows' shape.
    pub sum: Tensor,
    /// Index of the code taken, u32 `[N, L]`.
    pub indices: Tensor,
}

/// What a training step needs besides.
#[derive(Debug, Clone)]
pub struct TrainingQuantized {
    /// Sum and indices.
    pub quantized: Quantized,
    /// What each level had to quantize, `[L, N, D]`.
    pub residuals: Tensor,
    /// Each level's commitment loss, `weight mean((residual - code)^2)`, `[L]`.
    pub commitment: Tensor,
    /// Gradient of the sum of these to the rows, the codes taken as constants, of the rows' shape.
    pub commitment_gradient: Tensor,
}

/// Quantizes rows `[.., D]` with books `[L, K, D]`, each level taking the code nearest to what those before it left over.
#[track_caller]
pub fn residual_quantize(rows: &Tensor, books: &Tensor) -> Quantized {
    let sizes = Sizes::of(rows, books);
    let quantized = sizes.quantized(rows);
    sizes.launch(rows, books, 0.0, &[&quantized.sum, &quantized.indices]);
    quantized
}

/// [`residual_quantize`], with what trains the codebooks and the encoder.
#[track_caller]
pub fn residual_quantize_training(rows: &Tensor, books: &Tensor, commitment_weight: f32) -> TrainingQuantized {
    let sizes = Sizes::of(rows, books);
    let quantized = sizes.quantized(rows);
    let gpu = rows.gpu();
    let residuals = Tensor::empty_f32(gpu, &[sizes.levels, sizes.rows, sizes.d]);
    let distances = Tensor::empty_f32(gpu, &[sizes.rows, sizes.levels]);
    let commitment_gradient = Tensor::empty_f32(gpu, rows.shape());
    let per_element = commitment_weight / rows.len() as f32;
    let outputs = [&quantized.sum, &quantized.indices, &residuals, &distances, &commitment_gradient];
    sizes.launch(rows, books, 2.0 * per_element, &outputs);
    let commitment = column_sum_scaled(&distances, per_element);
    TrainingQuantized { quantized, residuals, commitment, commitment_gradient }
}

/// Sizes of a residual quantization.
struct Sizes {
    rows: usize,
    levels: usize,
    codes: usize,
    d: usize,
}

impl Sizes {
    #[track_caller]
    fn of(rows: &Tensor, books: &Tensor) -> Self {
        let d = rows.channels();
        dimension("residual_quantize", d);
        match *books.shape() {
            [levels, codes, width] if width == d => Self { rows: rows.rows(), levels, codes, d },
            _ => panic!("residual_quantize: rows {rows:?}, books {books:?}"),
        }
    }

    fn quantized(&self, rows: &Tensor) -> Quantized {
        Quantized {
            sum: Tensor::empty_f32(rows.gpu(), rows.shape()),
            indices: Tensor::empty(rows.gpu(), &[self.rows, self.levels], Dtype::U32),
        }
    }

    /// Two outputs without training, five with.
    fn launch(&self, rows: &Tensor, books: &Tensor, gradient_scale: f32, outputs: &[&Tensor]) {
        let plan = Plan::new(rows.gpu(), self.d);
        let [d, rows_per_lane, broadcast] = plan.constants();
        let params = ResidualParams {
            rows: self.rows as u32,
            codes: self.codes as u32,
            levels: self.levels as u32,
            gradient_scale,
        };
        rows.gpu().launch(&Launch {
            kernel: &RESIDUAL_QUANTIZE,
            constants: &[d, rows_per_lane, broadcast, ("training", u32::from(outputs.len() > 2))],
            params: bytemuck::bytes_of(&params),
            bindings: &[&[rows, books], outputs].concat(),
            grid: plan.grid(self.rows),
        });
    }
}
