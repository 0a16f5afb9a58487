//! Sums over a whole tensor or over its rows, in a fixed order: equal inputs give equal bits.
//!
//! One kernel computes all of them. A pass sums ranges of rows to one row each, and further passes sum these, until one row
//! remains.

use bytemuck::{Pod, Zeroable};

use super::constants::vector;
use crate::gpu::{Gpu, Grid, Launch};
use crate::shader::kernels::COLUMN_SUM;
use crate::tensor::Tensor;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: u32,
    columns: u32,
    tile: u32,
    tiles: u32,
    parts: u32,
    rows_per_part: u32,
    rows_per_invocation: u32,
    scale: f32,
    accumulate: u32,
    root: u32,
}

/// Rows that an invocation sums in a pass, at most.
const ROWS_PER_INVOCATION: usize = 128;

/// What is summed.
#[derive(Clone, Copy)]
enum Map<'a> {
    Value,
    Square,
    NotFinite,
    /// The squared difference from a row `[C]`.
    SquareAround(&'a Tensor),
}

impl Map<'_> {
    fn number(self) -> u32 {
        match self {
            Self::Value => 0,
            Self::Square => 1,
            Self::NotFinite => 2,
            Self::SquareAround(_) => 3,
        }
    }
}

/// What is done to the sum.
#[derive(Clone, Copy)]
struct Finish {
    scale: f32,
    accumulate: bool,
    root: bool,
}

impl Finish {
    /// The sum itself.
    const PLAIN: Self = Self { scale: 1.0, accumulate: false, root: false };
}

/// One pass over a matrix, and how a workgroup traverses it.
struct Pass {
    rows: usize,
    columns: usize,
    /// Columns per load.
    vector: usize,
    /// Invocations per workgroup.
    invocations: usize,
    /// Invocations side by side, each with its own columns; the others of a workgroup share these columns in other rows.
    tile: usize,
    /// Loads of an invocation per row.
    loads: usize,
}

impl Pass {
    /// Invocations of a small workgroup take several columns each, so that they read memory without strides.
    fn over(gpu: &Gpu, rows: usize, columns: usize) -> Self {
        let vector = vector(columns);
        let values = columns / vector;
        let invocations = gpu.tuning().streaming as usize;
        let loads = values.div_ceil(invocations).next_power_of_two().clamp(1, gpu.tuning().columns_per_invocation);
        Self { rows, columns, vector, invocations, tile: values.next_power_of_two().min(invocations), loads }
    }

    fn rows_per_partial(&self) -> usize {
        ROWS_PER_INVOCATION * self.invocations / self.tile
    }

    fn partials(&self) -> usize {
        self.rows.div_ceil(self.rows_per_partial()).max(1)
    }

    fn launch(&self, x: &Tensor, map: Map<'_>, y: &Tensor, finish: Finish) {
        let columns = self.columns / self.vector;
        let tiles = columns.div_ceil(self.tile * self.loads);
        let params = Params {
            rows: self.rows as u32,
            columns: columns as u32,
            tile: self.tile as u32,
            tiles: tiles as u32,
            parts: self.partials() as u32,
            rows_per_part: self.rows_per_partial() as u32,
            rows_per_invocation: self.rows.div_ceil(self.invocations / self.tile).min(ROWS_PER_INVOCATION) as u32,
            scale: finish.scale,
            accumulate: finish.accumulate.into(),
            root: finish.root.into(),
        };
        // Rows of an invocation, then those of the others that it sums.
        let turns = ROWS_PER_INVOCATION + 1 + self.invocations / self.tile;
        let bindings: &[&Tensor] = match map {
            Map::SquareAround(centre) => &[x, centre, y],
            _ => &[x, y],
        };
        x.gpu().launch(&Launch {
            kernel: &COLUMN_SUM,
            constants: &[
                ("vector", self.vector as u32),
                ("invocations", self.invocations as u32),
                ("loads", self.loads as u32),
                ("map", map.number()),
            ],
            params: bytemuck::bytes_of(&params),
            bindings,
            grid: Grid::linear(self.partials() * tiles).looping(turns),
        });
    }
}

/// Sums the rows of `x`, taken as `[rows, columns]`, into `y` `[columns]`.
fn reduce(x: &Tensor, columns: usize, map: Map<'_>, y: &Tensor, finish: Finish) {
    let pass = Pass::over(x.gpu(), x.len() / columns, columns);
    if pass.partials() == 1 {
        return pass.launch(x, map, y, finish);
    }
    let partials = Tensor::empty_f32(x.gpu(), &[pass.partials(), columns]);
    pass.launch(x, map, &partials, Finish::PLAIN);
    reduce(&partials, columns, Map::Value, y, finish);
}

/// Sums all elements of `x` to one.
fn reduce_all(x: &Tensor, map: Map<'_>, finish: Finish) -> Tensor {
    let windows = x.windows();
    if let [_, _, ..] = windows[..] {
        let totals = Tensor::empty_f32(x.gpu(), &[windows.len()]);
        for (i, window) in windows.iter().enumerate() {
            totals.view(i, &[1]).copy_from(&reduce_all(window, map, Finish::PLAIN));
        }
        return reduce_all(&totals, Map::Value, finish);
    }
    let total = Tensor::empty_f32(x.gpu(), &[1]);
    let pass = Pass::over(x.gpu(), x.len() / 4, 4);
    if !x.len().is_multiple_of(4) {
        reduce(x, 1, map, &total, finish);
    } else {
        // The tensor is read as four columns, whose sums are then summed as one.
        let partials = Tensor::empty_f32(x.gpu(), &[pass.partials(), 4]);
        pass.launch(x, map, &partials, Finish::PLAIN);
        reduce(&partials, 1, Map::Value, &total, finish);
    }
    total
}

/// Sum of all elements, `[1]`.
pub fn sum(x: &Tensor) -> Tensor {
    reduce_all(x, Map::Value, Finish::PLAIN)
}

/// Mean of all elements, `[1]`.
pub fn mean(x: &Tensor) -> Tensor {
    reduce_all(x, Map::Value, Finish { scale: 1.0 / x.len() as f32, ..Finish::PLAIN })
}

/// Euclidean norm over all elements, `sqrt(sum x^2)`, `[1]`.
pub fn norm(x: &Tensor) -> Tensor {
    reduce_all(x, Map::Square, Finish { root: true, ..Finish::PLAIN })
}

/// How many elements are infinite or NaN, `[1]`. Exact up to 2^24, and above that not 0.
pub fn count_not_finite(x: &Tensor) -> Tensor {
    reduce_all(x, Map::NotFinite, Finish::PLAIN)
}

/// Sum over all rows, `[.., C] -> [C]`.
pub fn column_sum(x: &Tensor) -> Tensor {
    column_sum_scaled(x, 1.0)
}

/// `scale` times the sum over all rows, `[.., C] -> [C]`.
pub(super) fn column_sum_scaled(x: &Tensor, scale: f32) -> Tensor {
    let y = Tensor::empty_f32(x.gpu(), &[x.channels()]);
    reduce(x, x.channels(), Map::Value, &y, Finish { scale, ..Finish::PLAIN });
    y
}

/// Adds the sum over all rows of `x` `[.., C]` to `target` `[C]`: the gradient of a bias.
#[track_caller]
pub fn column_sum_into(x: &Tensor, target: &Tensor) {
    assert_eq!(x.channels(), target.len(), "column_sum_into: {x:?} into {target:?}");
    reduce(x, x.channels(), Map::Value, target, Finish { accumulate: true, ..Finish::PLAIN });
}

/// Mean and standard deviation of each channel of `[.., C]`, each `[C]`, as [`column_moments`].
pub fn column_statistics(x: &Tensor) -> (Tensor, Tensor) {
    let finish = Finish { scale: 1.0 / x.rows() as f32, ..Finish::PLAIN };
    let [mean, deviation] = [0; 2].map(|_| Tensor::empty_f32(x.gpu(), &[x.channels()]));
    reduce(x, x.channels(), Map::Value, &mean, finish);
    reduce(x, x.channels(), Map::SquareAround(&mean), &deviation, Finish { root: true, ..finish });
    (mean, deviation)
}

/// Mean and variance of each channel of `[.., C]`, each `[C]`; the variance is divided by the number of rows.
///
/// Takes two passes, the mean before the squared differences from it, so that a large mean does not cancel a small variance.
pub fn column_moments(x: &Tensor) -> (Tensor, Tensor) {
    let finish = Finish { scale: 1.0 / x.rows() as f32, ..Finish::PLAIN };
    let [mean, variance] = [0; 2].map(|_| Tensor::empty_f32(x.gpu(), &[x.channels()]));
    reduce(x, x.channels(), Map::Value, &mean, finish);
    reduce(x, x.channels(), Map::SquareAround(&mean), &variance, finish);
    (mean, variance)
}
