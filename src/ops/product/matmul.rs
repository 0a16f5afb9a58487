//! Dense products with strides.

use bytemuck::{Pod, Zeroable};

use super::tile::Listed;
use super::{Shape, grid};
use crate::gpu::kernel::Registered;
use crate::gpu::{Kernel, Launch};
use crate::tensor::Tensor;

/// `C = alpha A B (+ bias)` or `alpha A B^T`.
pub static MATMUL: Kernel = Kernel::new("matmul", include_str!("../../../shaders/matmul.wgsl"));

/// An operand: a tensor and where its elements lie in it, all in elements.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// The tensor.
    pub tensor: &'a Tensor,
    /// From one row to the next.
    pub row: usize,
    /// From one outer batch to the next.
    pub outer: usize,
    /// From one inner batch to the next.
    pub inner: usize,
    /// Before the first.
    pub base: usize,
}

impl<'a> Operand<'a> {
    /// A matrix whose rows follow one another, `columns` wide; batches follow one another too.
    pub fn dense(tensor: &'a Tensor, rows: usize, columns: usize) -> Self {
        Self { tensor, row: columns, outer: rows * columns, inner: 0, base: 0 }
    }

    /// The largest of 4, 2, 1 that every row begins on a multiple of.
    pub(super) fn alignment(&self) -> usize {
        let begins =
            |width: &usize| [self.row, self.outer, self.inner, self.base].iter().all(|s| s.is_multiple_of(*width));
        [4, 2].into_iter().find(begins).unwrap_or(1)
    }

    pub(super) fn strides(&self) -> [u32; 4] {
        [self.row as u32, self.outer as u32, self.inner as u32, self.base as u32]
    }
}

/// A batched product: sizes of one matrix, outer and inner batches, and a factor.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Length of the sum.
    pub k: usize,
    /// Outer and inner batches.
    pub batches: [usize; 2],
    /// Factor of the product.
    pub alpha: f32,
    /// Whether it is added to C; with a factor of 1 only, since C would be multiplied too.
    pub add: bool,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    m: u32,
    n: u32,
    k: u32,
    column_groups: u32,
    a: [u32; 4],
    b: [u32; 4],
    c: [u32; 4],
    inner: u32,
    alpha: f32,
    padding: [u32; 2],
}

/// `C[m, n] = alpha sum_k A[m, k] B[k, n] + bias[n]` for each batch, or that added to C.
#[track_caller]
pub fn matmul(size: &Size, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>) {
    let alignment = b.alignment().min(c.alignment());
    let a_aligned = a.alignment() == 4 && size.k.is_multiple_of(4);
    let shape = Shape::inner(
        [a.tensor, b.tensor],
        [size.m, size.n, size.k],
        size.batches.iter().product(),
        a_aligned,
        alignment,
    );
    launch(size, shape, a, b, bias, c, false);
}

/// `C[m, n] = alpha sum_k A[m, k] B[n, k] + bias[n]` for each batch, or that added to C: rows with rows, as queries with keys.
#[track_caller]
pub fn matmul_nt(size: &Size, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>) {
    let aligned = a.alignment() == 4 && b.alignment() == 4 && size.k.is_multiple_of(4);
    let shape = Shape::inner([a.tensor, b.tensor], [size.m, size.n, size.k], size.batches.iter().product(), aligned, 1);
    launch(size, shape, a, b, bias, c, true);
}

#[track_caller]
fn launch(size: &Size, shape: Shape, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>, nt: bool) {
    let Size { m, n, k, batches: [outer, inner], alpha, add } = *size;
    assert!(!add || alpha == 1.0, "matmul: added to C with the factor {alpha}");
    if let Some(bias) = bias {
        assert_eq!(bias.len(), n, "matmul: bias {bias:?} for {n} columns");
    }
    let mut constants = shape.constants();
    constants.extend([("taps", 1), ("bias", u32::from(bias.is_some()))]);
    constants.extend([("accumulate", u32::from(add)), ("b_transposed", u32::from(nt))]);
    let params = Params {
        m: m as u32,
        n: n as u32,
        k: k as u32,
        column_groups: shape.column_groups(n) as u32,
        a: a.strides(),
        b: b.strides(),
        c: c.strides(),
        inner: inner as u32,
        alpha,
        padding: [0; 2],
    };
    let bindings: Vec<&Tensor> = [Some(a.tensor), Some(b.tensor), bias, Some(c.tensor)].into_iter().flatten().collect();
    a.tensor.gpu().launch(&Launch {
        kernel: &MATMUL,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &bindings,
        grid: grid(shape.column_groups(n) * shape.row_groups(m), outer * inner),
    });
}

/// For the tests: both bodies, wide and ragged, plain and transposed, without a bias.
pub(super) fn registered() -> Vec<Registered> {
    const fn set(body: Listed, chunk: u32, a_width: u32, width: u32, nt: u32) -> [(&'static str, u32); 16] {
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
            ("chunk", chunk),
            ("a_width", a_width),
            ("width", width),
            ("taps", 1),
            ("bias", 0),
            ("accumulate", nt),
            ("b_transposed", nt),
        ]
    }
    static VARIANTS: [&[(&str, u32)]; 11] = [
        &set(Listed::Subgroup, 8, 4, 4, 0),
        &set(Listed::Subgroup, 4, 4, 2, 0),
        &set(Listed::Subgroup, 8, 1, 1, 0),
        &set(Listed::Subgroup, 8, 4, 1, 1),
        &set(Listed::Tiled(0), 16, 4, 4, 0),
        &set(Listed::Tiled(1), 8, 4, 2, 0),
        &set(Listed::Tiled(2), 16, 1, 1, 0),
        &set(Listed::Tiled(4), 16, 4, 1, 1),
        &set(Listed::Matrix(0, 16), 32, 4, 4, 0),
        &set(Listed::Matrix(1, 16), 32, 4, 1, 1),
        &set(Listed::Matrix(2, 8), 32, 4, 2, 0),
    ];
    vec![Registered { kernel: &MATMUL, variants: &VARIANTS, params: size_of::<Params>(), bindings: 3, subgroups: true }]
}
