//! The outer form: products summed over rows, in parts where there are many.

use bytemuck::{Pod, Zeroable};

use super::matmul::{Operand, Size};
use super::parts::PartedSum;
use super::tile::{FULL, Listed};
use super::{Shape, grid};
use crate::gpu::kernel::Registered;
use crate::gpu::{Body, Gpu, Kernel, Launch};
use crate::ops::reduce::column_sum_into;
use crate::tensor::Tensor;

/// `C = alpha A^T B`.
pub static MATMUL_TN: Kernel = Kernel::new("matmul_tn", include_str!("../../../shaders/matmul_tn.wgsl"));

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

/// `C[m, n] = alpha sum_k A[k, m] B[k, n]` for each batch; `size.k` counts the rows that are summed over.
#[track_caller]
pub fn matmul_tn(size: &Size, a: Operand<'_>, b: Operand<'_>, c: Operand<'_>) {
    let constants = [("split", 0), ("accumulate", 0), ("bias", 0)];
    let shape = shape(size, 1, a, b, c.alignment());
    launch(size, shape, [a, b, c], size.k, &constants, &[a.tensor, b.tensor, c.tensor]);
}

/// `target += A^T B` for A `[k, m]` and B `[k, n]`: the gradient of a linear layer's weights. Adds that of a bias, the sum of
/// B's rows, to `bias [n]`.
#[track_caller]
pub fn matmul_tn_into(a: &Tensor, b: &Tensor, target: &Tensor, bias: Option<&Tensor>) {
    let (k, m, n) = (a.rows(), a.channels(), b.channels());
    assert!(b.rows() == k && target.len() == m * n, "matmul_tn_into: {a:?}, {b:?} into {target:?}");
    let (left, right) = (Operand::dense(a, 0, m), Operand::dense(b, 0, n));
    let size = Size { m, n, k, batches: [1, 1], alpha: 1.0, add: false };
    let shape = shape(&size, likely_parts(k), left, right, n);
    let mut bias = bias;
    if shape.body != Body::Subgroup
        && let Some(bias) = bias.take()
    {
        column_sum_into(b, bias);
    }
    let per_part = pixels_per_part(a.gpu(), k, shape.column_groups(n) * shape.row_groups(m), m + n);
    let sum = PartedSum::of(k.div_ceil(per_part), target, bias);
    let size = Size { batches: [sum.count(), 1], ..size };
    let c = Operand::dense(sum.target(), m + usize::from(bias.is_some()), n);
    let mut constants = vec![("split", 1)];
    constants.extend(sum.constants());
    launch(&size, shape, [left, right, c], per_part, &constants, &sum.bindings([a, b]));
    sum.finish();
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
    [a, b, c]: [Operand<'_>; 3],
    pixels_per_part: usize,
    of_sum: &[(&'static str, u32)],
    bindings: &[&Tensor],
) {
    let Size { m, n, k, batches: [outer, inner], alpha, .. } = *size;
    let mut constants = shape.constants();
    constants.extend(of_sum);
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
        bindings,
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
        // Two parts of each tile are not worth that they have to be added up.
        let spread = Some(16 / tiles.max(1)).filter(|&parts| parts > 2).unwrap_or(1);
        (spread.max((pixels * channels).div_ceil(CACHED)), 64)
    } else {
        (2 * FULL / tiles.max(1), SHORTEST)
    };
    pixels.div_ceil(parts.clamp(1, pixels.div_ceil(shortest))).next_multiple_of(16)
}

/// The parts to count on before the tile is chosen: four at the most, so that tiles are made smaller before parts are made many.
pub(super) fn likely_parts(pixels: usize) -> usize {
    (pixels / SHORTEST).clamp(1, 4)
}

/// For the tests: both bodies, wide and ragged, split and batched.
pub(super) fn registered() -> Vec<Registered> {
    const fn set(body: Listed, a_width: u32, width: u32, split: u32) -> [(&'static str, u32); 15] {
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
            ("accumulate", 0),
            ("bias", 0),
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
    vec![Registered {
        kernel: &MATMUL_TN,
        variants: &VARIANTS,
        params: size_of::<Params>(),
        bindings: 3,
        subgroups: true,
    }]
}
