//! Embeddings: rows of a learned table, sinusoidal time, and learned embeddings of rows and columns.

use bytemuck::{Pod, Zeroable, bytes_of};

use super::constants::{frequency_ratio, vector};
use crate::dtype::Dtype;
use crate::gpu::{Grid, Launch};
use crate::shader::Kernel;
use crate::shader::kernels::{EMBEDDING_BWD, EMBEDDING_FWD, GRID_EMBEDDING_BWD, GRID_EMBEDDING_FWD, SINUSOIDAL_TIME};
use crate::tape::{Backward, Gradients, Tape, Var};
use crate::tensor::Tensor;

/// Invocations, rows of the table (forward) or lookups (backward), and channels.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
    sizes: [u32; 2],
}

fn launch(kernel: &'static Kernel, bindings: &[&Tensor], length: usize, sizes: [u32; 2], turns: usize) {
    let flop = length * turns;
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants: &[],
        params: bytes_of(&Params { length: length as u32, sizes }),
        bindings,
        grid: Grid::covering(length, 256).computing(flop).looping(turns + 1),
    });
}

/// Rows of a learned table: table `[rows, C]`, u32 indices `[N]` -> `[N, C]`. An index beyond the table gives zeros.
#[track_caller]
pub fn embedding(tape: &Tape, table: &Var, indices: &Tensor) -> Var {
    let &[rows, channels] = table.shape() else { panic!("embedding: [rows, C] wanted, {:?} given", table.value) };
    assert_eq!(indices.dtype(), Dtype::U32, "embedding: element type of the indices {indices:?}");
    let y = Tensor::empty_like(&table.value, &[indices.len(), channels]);
    launch(&EMBEDDING_FWD, &[&table.value, indices, &y], y.len(), [rows as u32, channels as u32], 0);
    tape.record(&[table], y, || Embedding { table: table.clone(), indices: indices.clone() })
}

struct Embedding {
    table: Var,
    indices: Tensor,
}

impl Backward for Embedding {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        let dtable = Tensor::empty_f32(output.gpu(), self.table.shape());
        let sizes = [self.indices.len() as u32, output.channels() as u32];
        // An invocation reads every index.
        launch(&EMBEDDING_BWD, &[&self.indices, output, &dtable], dtable.len(), sizes, self.indices.len());
        gradients.add(&self.table, dtable);
    }
}

/// Frequencies in equal ratios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frequencies {
    /// The first, in radians per unit of time.
    pub highest: f32,
    /// The first divided by the last.
    pub range: f64,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct TimeParams {
    length: u32,
    half_channels: u32,
    ratio: u32,
    highest: f32,
}

/// Time as `dim / 2` sines, then as many cosines: t `[N]`, not negative, -> `[N, dim]` (Vaswani et al. 2017, section 3.5).
///
/// Frequency i of `half = dim / 2` is `highest range^(-i / (half - 1))`; `dim` is even and at least 4.
#[track_caller]
pub fn sinusoidal_time(t: &Tensor, dim: usize, Frequencies { highest, range }: Frequencies) -> Tensor {
    assert!(dim >= 4 && dim.is_multiple_of(2), "sinusoidal_time: an even dim of at least 4 wanted, {dim} given");
    let half = dim / 2;
    let y = Tensor::empty_f32(t.gpu(), &[t.len(), dim]);
    let length = t.len() * half;
    let ratio = frequency_ratio(range, half - 1);
    t.gpu().launch(&Launch {
        kernel: &SINUSOIDAL_TIME,
        constants: &[],
        params: bytes_of(&TimeParams { length: length as u32, half_channels: half as u32, ratio, highest }),
        bindings: &[t, &y],
        grid: Grid::covering(length, 256).looping(half),
    });
    y
}

/// Height, width and channels of a grid, after the number of items that the kernel takes: values of it, or samples.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct GridParams {
    length_or_samples: u32,
    sizes: [u32; 3],
}

/// `x + rows[h] + columns[w]`, learned embeddings of each position's row and column: x `[N, H, W, C]`, rows `[H, 1, C]`, columns `[1, W, C]`.
#[track_caller]
pub fn grid_embedding(tape: &Tape, x: &Var, rows: &Var, columns: &Var) -> Var {
    let [_, height, width, channels] = x.value.nhwc();
    let fits = rows.shape() == [height, 1, channels] && columns.shape() == [1, width, channels];
    assert!(fits, "grid_embedding: {:?}, rows {:?}, columns {:?}", x.value, rows.value, columns.value);
    let y = Tensor::empty_like(&x.value, x.shape());
    let items = x.value.len() / vector(channels);
    launch_grid(
        &GRID_EMBEDDING_FWD,
        &[&x.value, &rows.value, &columns.value, &y],
        items,
        x.shape(),
        Grid::covering(items, 256),
    );
    tape.record(&[x, rows, columns], y, || GridEmbedding { x: x.clone(), rows: rows.clone(), columns: columns.clone() })
}

fn launch_grid(kernel: &'static Kernel, bindings: &[&Tensor], items: usize, shape: &[usize], grid: Grid) {
    let vector = vector(shape[3]);
    let sizes = [shape[1], shape[2], shape[3] / vector].map(|size| size as u32);
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants: &[("vector", vector as u32)],
        params: bytes_of(&GridParams { length_or_samples: items as u32, sizes }),
        bindings,
        grid,
    });
}

struct GridEmbedding {
    x: Var,
    rows: Var,
    columns: Var,
}

impl Backward for GridEmbedding {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let [samples, height, width, channels] = dy.nhwc();
        gradients.write([(&self.rows, Dtype::F32), (&self.columns, Dtype::F32)], |[drows, dcolumns]| {
            let grid = Grid::covering((height + width) * channels / vector(channels), 64)
                .looping(samples * (height + width + 3) + 1);
            launch_grid(&GRID_EMBEDDING_BWD, &[dy, drows.zeroed(), dcolumns.zeroed()], samples, dy.shape(), grid);
        });
        gradients.add(&self.x, dy.clone());
    }
}
