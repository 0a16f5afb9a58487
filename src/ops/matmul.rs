//! Dense products with strides: `A B`, `A B^T` and `A^T B`.

use bytemuck::{Pod, Zeroable};

use super::product::{Form, PartialSums, Plan, Problem, plan};
use super::reduce::column_sum_into;
use crate::gpu::Launch;
use crate::shader::kernels::{MATMUL, MATMUL_TN};
use crate::tensor::Tensor;

/// An operand: a tensor and the strides of a matrix in it, all in elements.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// The tensor.
    pub tensor: &'a Tensor,
    /// Elements from one row to the next.
    pub row: usize,
    /// Elements from one outer batch to the next.
    pub outer: usize,
    /// Elements from one inner batch to the next.
    pub inner: usize,
    /// Elements before the first row.
    pub base: usize,
}

impl<'a> Operand<'a> {
    /// A matrix of contiguous rows, `columns` wide; batches are contiguous too.
    pub fn dense(tensor: &'a Tensor, rows: usize, columns: usize) -> Self {
        Self { tensor, row: columns, outer: rows * columns, inner: 0, base: 0 }
    }

    /// Panics unless the tensor has a matrix of `rows` and `columns` in every batch: kernels do not check indices.
    #[track_caller]
    fn check(&self, rows: usize, columns: usize, [outer, inner]: [usize; 2]) {
        if rows * columns * outer * inner > 0 {
            let last = [rows, outer, inner].map(|count| count - 1);
            let last_row = self.base + last[0] * self.row + last[1] * self.outer + last[2] * self.inner;
            assert!(
                last_row + columns <= self.tensor.len(),
                "matmul: {rows} x {columns} in {outer} x {inner} batches exceeds {:?}",
                self.tensor
            );
        }
    }

    /// The largest of 4, 2, 1 that every row begins on a multiple of.
    fn alignment(&self) -> usize {
        let begins =
            |width: &usize| [self.row, self.outer, self.inner, self.base].iter().all(|s| s.is_multiple_of(*width));
        [4, 2].into_iter().find(begins).unwrap_or(1)
    }

    fn strides(&self) -> [u32; 4] {
        [self.row as u32, self.outer as u32, self.inner as u32, self.base as u32]
    }
}

/// A batched product: sizes of one matrix, outer and inner batches.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of the sum.
    pub k: usize,
    /// Outer and inner batches.
    pub batches: [usize; 2],
    /// Whether the product is added to C.
    pub add: bool,
}

impl Size {
    /// One product.
    pub fn single([m, n, k]: [usize; 3], add: bool) -> Self {
        Self { m, n, k, batches: [1, 1], add }
    }

    fn problem(&self, form: Form, a: Operand<'_>, b: Operand<'_>, a_vec4: bool, alignment: usize) -> Problem {
        Problem {
            form,
            m: self.m,
            n: self.n,
            k: self.k,
            batches: self.batches.iter().product(),
            stored: [a.tensor.dtype(), b.tensor.dtype()],
            a_vec4,
            alignment,
            b_transposed: false,
            conv: None,
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct InnerParams {
    m: u32,
    n: u32,
    k: u32,
    /// Inner batches of an outer one, and [`NO_BIAS`].
    inner: u32,
    a: [u32; 4],
    b: [u32; 4],
    c: [u32; 4],
}

/// The bit of [`InnerParams::inner`] that says that the bias is to be ignored.
const NO_BIAS: u32 = 1 << 31;

/// `C[m, n] = sum_k A[m, k] B[k, n] + bias[n]` for each batch; with `size.add`, added to C.
#[track_caller]
pub fn matmul(size: &Size, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>) {
    let a_vec4 = a.alignment() == 4 && size.k.is_multiple_of(4);
    let problem = size.problem(Form::Inner, a, b, a_vec4, b.alignment().min(c.alignment()));
    inner(size, &problem, a, b, bias, c);
}

/// `C[m, n] = sum_k A[m, k] B[n, k] + bias[n]` for each batch, such as queries with keys; with `size.add`, added to C.
#[track_caller]
pub fn matmul_nt(size: &Size, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>) {
    let vec4 = a.alignment() == 4 && b.alignment() == 4 && size.k.is_multiple_of(4);
    let problem = Problem { b_transposed: true, ..size.problem(Form::Inner, a, b, vec4, 1) };
    inner(size, &problem, a, b, bias, c);
}

#[track_caller]
fn inner(size: &Size, problem: &Problem, a: Operand<'_>, b: Operand<'_>, bias: Option<&Tensor>, c: Operand<'_>) {
    let Size { m, n, k, batches: [outer, inner], add } = *size;
    a.check(m, k, size.batches);
    let [b_rows, b_columns] = if problem.b_transposed { [n, k] } else { [k, n] };
    b.check(b_rows, b_columns, size.batches);
    c.check(m, n, size.batches);
    if let Some(bias) = bias {
        assert_eq!(bias.len(), n, "matmul: bias {bias:?} for {n} columns");
    }
    let gpu = a.tensor.gpu();
    let plan = plan(problem, gpu.tuning());
    let grid = plan.grid(outer * inner);
    // The subgroup variant has one text for both, and reads B, which has as many elements, in place of a bias that there is not.
    let (bound, ignored) = match bias {
        None if gpu.tuning().products.lanes().is_some() => (Some(b.tensor), NO_BIAS),
        _ => (bias, 0),
    };
    let mut constants = plan.constants;
    constants.extend([("taps", 1), ("bias", u32::from(bound.is_some()))]);
    constants.extend([("accumulate", u32::from(add)), ("b_transposed", u32::from(problem.b_transposed))]);
    let params = InnerParams {
        m: m as u32,
        n: n as u32,
        k: k as u32,
        inner: inner as u32 | ignored,
        a: a.strides(),
        b: b.strides(),
        c: c.strides(),
    };
    let bindings: Vec<&Tensor> =
        [Some(a.tensor), Some(b.tensor), bound, Some(c.tensor)].into_iter().flatten().collect();
    gpu.launch(&Launch {
        kernel: &MATMUL,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &bindings,
        grid,
    });
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct OuterParams {
    m: u32,
    n: u32,
    k: u32,
    /// Terms of a split-K partial; else the inner batches of an outer one.
    k_per_partial_or_inner: u32,
    a: [u32; 4],
    b: [u32; 4],
    c: [u32; 4],
}

/// `C[m, n] = sum_k A[k, m] B[k, n]` for each batch.
#[track_caller]
pub fn matmul_tn(size: &Size, a: Operand<'_>, b: Operand<'_>, c: Operand<'_>) {
    let &Size { m, n, k, batches, .. } = size;
    for (operand, rows, columns) in [(a, k, m), (b, k, n), (c, m, n)] {
        operand.check(rows, columns, batches);
    }
    let a_vec4 = a.alignment() == 4 && m.is_multiple_of(4);
    let problem = size.problem(Form::Outer { split: false }, a, b, a_vec4, b.alignment().min(c.alignment()));
    let plan = plan(&problem, a.tensor.gpu().tuning());
    let constants = [("split", 0), ("accumulate", 0), ("bias", 0)];
    outer(size, plan, [a, b, c], &constants, &[a.tensor, b.tensor, c.tensor]);
}

/// `target += A^T B` for A `[k, m]` and B `[k, n]`: the gradient of a linear layer's weights. Adds the gradient of a bias, the sum
/// of B's rows, to `bias [n]`.
#[track_caller]
pub fn matmul_tn_into(a: &Tensor, b: &Tensor, target: &Tensor, bias: Option<&Tensor>) {
    let (k, m, n) = (a.rows(), a.channels(), b.channels());
    let fits = b.rows() == k && target.len() == m * n && bias.is_none_or(|bias| bias.len() == n);
    assert!(fits, "matmul_tn_into: {a:?}, {b:?} into {target:?}, bias {bias:?}");
    let (left, right) = (Operand::dense(a, 0, m), Operand::dense(b, 0, n));
    let size = Size::single([m, n, k], false);
    let a_vec4 = m.is_multiple_of(4);
    let problem = size.problem(Form::Outer { split: true }, left, right, a_vec4, right.alignment());
    let plan = plan(&problem, a.gpu().tuning());
    let mut bias = bias;
    if !plan.sums_bias
        && let Some(bias) = bias.take()
    {
        column_sum_into(b, bias);
    }
    let sums = PartialSums::new(plan.partials, target, bias);
    let size = Size { batches: [sums.count(), 1], ..size };
    let c = Operand::dense(sums.target(), m + usize::from(bias.is_some()), n);
    let mut constants = vec![("split", 1)];
    constants.extend(sums.constants());
    outer(&size, plan, [left, right, c], &constants, &sums.bindings([a, b]));
    sums.finish();
}

#[track_caller]
fn outer(size: &Size, plan: Plan, [a, b, c]: [Operand<'_>; 3], of_sums: &[(&'static str, u32)], bindings: &[&Tensor]) {
    let Size { m, n, k, batches: [outer, inner], .. } = *size;
    let grid = plan.grid(outer * inner);
    let mut constants = plan.constants;
    constants.extend(of_sums);
    let params = OuterParams {
        m: m as u32,
        n: n as u32,
        k: k as u32,
        k_per_partial_or_inner: if of_sums.contains(&("split", 1)) { plan.terms } else { inner } as u32,
        a: a.strides(),
        b: b.strides(),
        c: c.strides(),
    };
    a.tensor.gpu().launch(&Launch {
        kernel: &MATMUL_TN,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings,
        grid,
    });
}
