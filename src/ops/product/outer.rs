//! The outer form: products summed over rows, split into parts where there are many.

use bytemuck::{Pod, Zeroable};

use super::matmul::{Operand, Size};
use super::tile::{FULL, Listed};
use super::{Shape, grid};
use crate::gpu::kernel::Registered;
use crate::gpu::{Gpu, Grid, Kernel, Launch};
use crate::tensor::Tensor;

/// `C = alpha A^T B`.
pub static MATMUL_TN: Kernel = Kernel::new("matmul_tn", include_str!("../../../shaders/matmul_tn.wgsl"));
/// Adds up the parts of a split product.
pub static SUM_PARTS: Kernel = Kernel::new("sum_parts", include_str!("../../../shaders/sum_parts.wgsl"));

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    m: u32,
    n: u32,
    pixels: u32,
    pixels_per_part: u32,
    column_groups: u32,
    row_groups: u32,
    inner: u32,
    alpha: f32,
    a: [u32; 4],
    b: [u32; 4],
    c: [u32; 4],
}

/// What the batches of C are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Into {
    /// Those of A and B.
    Batches,
    /// Parts of one sum.
    Parts,
    /// One, which is added to.
    Target,
}

/// `C[m, n] = alpha sum_k A[k, m] B[k, n]` for each batch; `size.k` counts the rows that are summed over.
#[track_caller]
pub fn matmul_tn(size: &Size, a: Operand<'_>, b: Operand<'_>, c: Operand<'_>) {
    launch(size, shape(size, 1, a, b, c.alignment()), a, b, c, size.k, Into::Batches);
}

/// `target += A^T B` for A `[k, m]` and B `[k, n]`: the gradient of a linear layer's weights.
#[track_caller]
pub fn matmul_tn_into(a: &Tensor, b: &Tensor, target: &Tensor) {
    let (k, m, n) = (a.rows(), a.channels(), b.channels());
    assert!(b.rows() == k && target.len() == m * n, "matmul_tn_into: {a:?}, {b:?} into {target:?}");
    let (left, right) = (Operand::dense(a, 0, m), Operand::dense(b, 0, n));
    let size = Size { m, n, k, batches: [1, 1], alpha: 1.0 };
    let shape = shape(&size, likely_parts(k), left, right, n);
    let per_part = pixels_per_part(a.gpu(), k, shape.column_groups(n) * shape.row_groups(m), m + n);
    let parts = k.div_ceil(per_part);
    if parts == 1 {
        return launch(&size, shape, left, right, Operand::dense(target, m, n), per_part, Into::Target);
    }
    let sums = Tensor::empty_f32(a.gpu(), &[parts, m, n]);
    let size = Size { batches: [parts, 1], ..size };
    launch(&size, shape, left, right, Operand::dense(&sums, m, n), per_part, Into::Parts);
    sum_parts(&sums, target, true);
}

/// The shape for `size`, of which each product is split into `parts`. `c_alignment`: what C's rows begin on.
fn shape(size: &Size, parts: usize, a: Operand<'_>, b: Operand<'_>, c_alignment: usize) -> Shape {
    let a_aligned = a.alignment() == 4 && size.m.is_multiple_of(4);
    let products = size.batches.iter().product::<usize>() * parts;
    Shape::outer([a.tensor, b.tensor], [size.m, size.n], products, a_aligned, b.alignment().min(c_alignment))
}

#[track_caller]
fn launch(
    size: &Size,
    shape: Shape,
    a: Operand<'_>,
    b: Operand<'_>,
    c: Operand<'_>,
    pixels_per_part: usize,
    into: Into,
) {
    let Size { m, n, k, batches: [outer, inner], alpha } = *size;
    let mut constants = shape.constants();
    constants.extend([("split", u32::from(into == Into::Parts)), ("accumulate", u32::from(into == Into::Target))]);
    let params = Params {
        m: m as u32,
        n: n as u32,
        pixels: k as u32,
        pixels_per_part: pixels_per_part as u32,
        column_groups: shape.column_groups(n) as u32,
        row_groups: shape.row_groups(m) as u32,
        inner: inner as u32,
        alpha,
        a: a.strides(),
        b: b.strides(),
        c: c.strides(),
    };
    a.tensor.gpu().launch(&Launch {
        kernel: &MATMUL_TN,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &[a.tensor, b.tensor, c.tensor],
        grid: grid(shape.column_groups(n) * shape.row_groups(m), outer * inner),
    });
}

/// Rows that a part sums at the least, on GPUs: fewer would not be worth the part's own C.
const SHORTEST: usize = 128;

/// How many of `pixels` rows one part sums, so that `tiles` of them keep the device busy: enough workgroups to fill it twice,
/// and no more, since each part is written and read once more. On software Vulkan, a part's rows of both operands, `channels`
/// numbers together, stay in a processor's second cache while all tiles go through them. Fixed per adapter and shape, so that
/// results do not change from run to run.
pub(super) fn pixels_per_part(gpu: &Gpu, pixels: usize, tiles: usize, channels: usize) -> usize {
    const CACHED: usize = 1 << 17;
    let (parts, shortest) = if gpu.capabilities().software {
        ((16 / tiles.max(1)).max((pixels * channels).div_ceil(CACHED)), 64)
    } else {
        (2 * FULL / tiles.max(1), SHORTEST)
    };
    pixels.div_ceil(parts.clamp(1, pixels.div_ceil(shortest))).next_multiple_of(16)
}

/// The parts to count on before the tile is chosen: four at the most, so that tiles are made smaller before parts are made many.
pub(super) fn likely_parts(pixels: usize) -> usize {
    (pixels / SHORTEST).clamp(1, 4)
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct SumParams {
    length: u32, // in values
    parts: u32,
}

/// Sums `parts [parts, ...]` over its first dimension into `target`, adding to it or overwriting it.
#[track_caller]
pub fn sum_parts(parts: &Tensor, target: &Tensor, accumulate: bool) {
    let length = target.len();
    assert!(parts.len().is_multiple_of(length), "sum_parts: {parts:?} into {target:?}");
    let vector = if length.is_multiple_of(4) { 4 } else { 1 };
    let values = length / vector;
    target.gpu().launch(&Launch {
        kernel: &SUM_PARTS,
        constants: &[("vector", vector as u32), ("accumulate", u32::from(accumulate))],
        params: bytemuck::bytes_of(&SumParams { length: values as u32, parts: (parts.len() / length) as u32 }),
        bindings: &[parts, target],
        grid: Grid::covering(values, 64),
    });
}

/// For the tests: both bodies, wide and ragged, split and batched.
pub(super) fn registered() -> Vec<Registered> {
    const fn set(body: Listed, a_width: u32, width: u32, split: u32) -> [(&'static str, u32); 14] {
        let [matrix, lanes, played, body, rows, columns, own_rows, own_columns] = body.constants();
        [
            matrix,
            lanes,
            played,
            body,
            rows,
            columns,
            own_rows,
            own_columns,
            ("spans", 1),
            ("chunk", if body.1 == 1 { 8 } else { 32 }),
            ("a_width", a_width),
            ("width", width),
            ("split", split),
            ("accumulate", 1 - split),
        ]
    }
    static VARIANTS: [&[(&str, u32)]; 7] = [
        &set(Listed::Subgroup, 4, 4, 0),
        &set(Listed::Subgroup, 4, 2, 1),
        &set(Listed::Subgroup, 1, 1, 1),
        &set(Listed::Tiled(0), 4, 4, 1),
        &set(Listed::Tiled(4), 1, 1, 0),
        &set(Listed::Matrix(0, 16), 4, 4, 1),
        &set(Listed::Matrix(2, 8), 4, 4, 0),
    ];
    static SUMS: [&[(&str, u32)]; 2] = [&[("vector", 4), ("accumulate", 0)], &[("vector", 1), ("accumulate", 1)]];
    vec![
        Registered {
            kernel: &MATMUL_TN,
            variants: &VARIANTS,
            params: size_of::<Params>(),
            bindings: 3,
            subgroups: true,
        },
        Registered {
            kernel: &SUM_PARTS,
            variants: &SUMS,
            params: size_of::<SumParams>(),
            bindings: 2,
            subgroups: false,
        },
    ]
}
