//! Search of the nearest codes, in one codebook or level by level.

use bytemuck::{Pod, Zeroable};

use super::dimension::dimension;
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

/// How a search for vectors of dimension `d` is distributed over invocations.
struct Plan {
    d: usize,
    vectors_per_invocation: usize,
    /// Lanes of the subgroup that shares codes; `None` where invocations share none.
    lanes: Option<u32>,
}

impl Plan {
    fn new(gpu: &Gpu, d: usize) -> Self {
        let lanes = gpu.tuning().software_kernels.filter(|_| d.is_multiple_of(4));
        let vectors_per_invocation = match d {
            _ if lanes.is_none() => 1,
            ..=16 => 4,
            17..=32 => 2,
            _ => 1,
        };
        Self { d, vectors_per_invocation, lanes }
    }

    fn constants(&self) -> [(&'static str, u32); 4] {
        let per_invocation = self.vectors_per_invocation as u32;
        [
            ("d", self.d as u32),
            ("rows_per_invocation", per_invocation),
            ("broadcast", self.lanes.is_some().into()),
            ("lanes", self.lanes.unwrap_or_default()),
        ]
    }

    /// For `vectors` vectors, each compared with `codes` codes.
    /// Turns of a search of all codes, of which the lanes of a subgroup load several at once.
    fn turns(&self, codes: usize) -> usize {
        let at_once = self.lanes.map_or(1, |lanes| (lanes as usize / (self.d / 4)).max(1));
        codes.div_ceil(at_once) + 1
    }

    fn grid(&self, vectors: usize, codes: usize) -> Grid {
        let per_workgroup = self.vectors_per_invocation * self.lanes.unwrap_or(64) as usize;
        Grid::covering(vectors, per_workgroup).computing(3 * vectors * codes * self.d).looping(self.turns(codes))
    }
}

/// The index of the code nearest to each vector, the lowest on ties: vectors `[.., D]`, book `[K, D]` -> u32 `[N]`.
#[track_caller]
pub fn nearest_code(vectors: &Tensor, book: &Tensor) -> Tensor {
    dimension("nearest_code", vectors.channels());
    assert_eq!(vectors.channels(), book.channels(), "nearest_code: vectors {vectors:?}, codes {book:?}");
    let plan = Plan::new(vectors.gpu(), vectors.channels());
    let indices = Tensor::empty(vectors.gpu(), &[vectors.rows()], Dtype::U32);
    vectors.gpu().launch(&Launch {
        kernel: &NEAREST_CODE,
        constants: &plan.constants(),
        params: bytemuck::bytes_of(&NearestParams { rows: vectors.rows() as u32, codes: book.rows() as u32 }),
        bindings: &[vectors, book, &indices],
        grid: plan.grid(vectors.rows(), book.rows()),
    });
    indices
}

/// The result of residual quantization.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// Sum over levels of the nearest codes, of the vectors' shape.
    pub sum: Tensor,
    /// Index of the nearest code, u32 `[N, L]`.
    pub indices: Tensor,
}

/// The result of residual quantization in a training step.
#[derive(Debug, Clone)]
pub struct TrainingQuantized {
    /// Sum and indices.
    pub quantized: Quantized,
    /// The input of each level, `[L, N, D]`.
    pub residuals: Tensor,
    /// Each level's commitment loss, `weight mean((residual - code)^2)`, `[L]`.
    pub commitment: Tensor,
    /// Gradient of the sum of these losses at the vectors, with the codes as constants, of the vectors' shape.
    pub commitment_gradient: Tensor,
}

/// Quantizes vectors `[.., D]` with books `[L, K, D]`. Each level quantizes the residual of the levels before it.
#[track_caller]
pub fn residual_quantize(vectors: &Tensor, books: &Tensor) -> Quantized {
    let sizes = Sizes::of(vectors, books);
    let quantized = sizes.quantized(vectors);
    sizes.launch(vectors, books, 0.0, &[&quantized.sum, &quantized.indices]);
    quantized
}

/// [`residual_quantize`], with residuals and losses that train the codebooks and the encoder.
#[track_caller]
pub fn residual_quantize_training(vectors: &Tensor, books: &Tensor, commitment_weight: f32) -> TrainingQuantized {
    let sizes = Sizes::of(vectors, books);
    let quantized = sizes.quantized(vectors);
    let gpu = vectors.gpu();
    let residuals = Tensor::empty_f32(gpu, &[sizes.levels, sizes.vectors, sizes.d]);
    let distances = Tensor::empty_f32(gpu, &[sizes.vectors, sizes.levels]);
    let commitment_gradient = Tensor::empty_f32(gpu, vectors.shape());
    let per_element = commitment_weight / vectors.len() as f32;
    let outputs = [&quantized.sum, &quantized.indices, &residuals, &distances, &commitment_gradient];
    sizes.launch(vectors, books, 2.0 * per_element, &outputs);
    let commitment = column_sum_scaled(&distances, per_element);
    TrainingQuantized { quantized, residuals, commitment, commitment_gradient }
}

/// Sizes of a residual quantization.
struct Sizes {
    vectors: usize,
    levels: usize,
    codes: usize,
    d: usize,
}

impl Sizes {
    #[track_caller]
    fn of(vectors: &Tensor, books: &Tensor) -> Self {
        let d = vectors.channels();
        dimension("residual_quantize", d);
        match *books.shape() {
            [levels, codes, width] if width == d => Self { vectors: vectors.rows(), levels, codes, d },
            _ => panic!("residual_quantize: vectors {vectors:?}, books {books:?}"),
        }
    }

    fn quantized(&self, vectors: &Tensor) -> Quantized {
        Quantized {
            sum: Tensor::empty_f32(vectors.gpu(), vectors.shape()),
            indices: Tensor::empty(vectors.gpu(), &[self.vectors, self.levels], Dtype::U32),
        }
    }

    /// Launches the kernel with two outputs, or for training with five.
    fn launch(&self, vectors: &Tensor, books: &Tensor, gradient_scale: f32, outputs: &[&Tensor]) {
        let plan = Plan::new(vectors.gpu(), self.d);
        let [d, per_invocation, broadcast, lanes] = plan.constants();
        let params = ResidualParams {
            rows: self.vectors as u32,
            codes: self.codes as u32,
            levels: self.levels as u32,
            gradient_scale,
        };
        vectors.gpu().launch(&Launch {
            kernel: &RESIDUAL_QUANTIZE,
            constants: &[d, per_invocation, broadcast, lanes, ("training", u32::from(outputs.len() > 2))],
            params: bytemuck::bytes_of(&params),
            bindings: &[&[vectors, books], outputs].concat(),
            grid: plan
                .grid(self.vectors, self.levels * self.codes)
                .looping(self.levels * (plan.turns(self.codes) + 1) + 1),
        });
    }
}
