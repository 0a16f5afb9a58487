//! The outer form: products summed over rows, split into parts where there are many.

use bytemuck::{Pod, Zeroable};

use super::matmul::{Operand, Size};
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

/// `C[m, n] = alpha sum_k A[k, m] B[k, n]` for each batch; `size.k` counts the rows that are summed over.
#[track_caller]
pub fn matmul_tn(size: &Size, a: Operand<'_>, b: Operand<'_>, c: Operand<'_>) {
    launch(size, a, b, c, size.k, false);
}

/// `target += A^T B` for A `[k, m]` and B `[k, n]`: the gradient of a linear layer's weights.
#[track_caller]
pub fn matmul_tn_into(a: &Tensor, b: &Tensor, target: &Tensor) {
    let (k, m, n) = (a.rows(), a.channels(), b.channels());
    assert!(b.rows() == k && target.len() == m * n, "matmul_tn_into: {a:?}, {b:?} into {target:?}");
    let per_part = pixels_per_part(a.gpu(), k, m.div_ceil(32) * n.div_ceil(32));
    let parts = k.div_ceil(per_part);
    let sums = Tensor::empty_f32(a.gpu(), &[parts, m, n]);
    let size = Size { m, n, k, batches: [parts, 1], alpha: 1.0 };
    launch(&size, Operand::dense(a, 0, m), Operand::dense(b, 0, n), Operand::dense(&sums, m, n), per_part, true);
    sum_parts(&sums, target, true);
}

#[track_caller]
fn launch(size: &Size, a: Operand<'_>, b: Operand<'_>, c: Operand<'_>, pixels_per_part: usize, split: bool) {
    let Size { m, n, k, batches: [outer, inner], alpha } = *size;
    let a_aligned = a.alignment() == 4 && m.is_multiple_of(4);
    let shape = Shape::outer(a.tensor.gpu(), m, n, a_aligned, b.alignment().min(c.alignment()));
    let mut constants = shape.constants();
    constants.push(("split", u32::from(split)));
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

/// How many of `pixels` rows one part sums, so that `tiles` of them keep the device busy. Fixed per adapter and shape, so
/// that results do not change from run to run.
pub(super) fn pixels_per_part(gpu: &Gpu, pixels: usize, tiles: usize) -> usize {
    let (workgroups, shortest) = if gpu.capabilities().software { (16, 64) } else { (1024, 128) };
    let parts = (workgroups / tiles.max(1)).clamp(1, pixels.div_ceil(shortest));
    pixels.div_ceil(parts).next_multiple_of(16)
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct SumParams {
    length: u32,
    parts: u32,
}

/// Sums `parts [parts, ...]` over its first dimension into `target`, adding to it or overwriting it.
#[track_caller]
pub fn sum_parts(parts: &Tensor, target: &Tensor, accumulate: bool) {
    let length = target.len();
    assert!(parts.len().is_multiple_of(length), "sum_parts: {parts:?} into {target:?}");
    target.gpu().launch(&Launch {
        kernel: &SUM_PARTS,
        constants: &[("accumulate", u32::from(accumulate))],
        params: bytemuck::bytes_of(&SumParams { length: length as u32, parts: (parts.len() / length) as u32 }),
        bindings: &[parts, target],
        grid: Grid::covering(length, 64),
    });
}

/// For the tests: both bodies, wide and ragged, split and batched.
pub(super) fn registered() -> Vec<Registered> {
    const fn set(body: u32, a_width: u32, width: u32, split: u32) -> [(&'static str, u32); 6] {
        [("subgroup_body", body), ("rows", 8), ("chunk", 8), ("a_width", a_width), ("width", width), ("split", split)]
    }
    static VARIANTS: [&[(&str, u32)]; 5] =
        [&set(1, 4, 4, 0), &set(1, 4, 2, 1), &set(1, 1, 1, 1), &set(0, 4, 4, 1), &set(0, 1, 1, 0)];
    static SUMS: [&[(&str, u32)]; 2] = [&[("accumulate", 0)], &[("accumulate", 1)]];
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
