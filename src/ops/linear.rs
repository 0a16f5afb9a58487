//! Linear layers: a product over the last axis, with a bias.

use super::layout::transpose;
use super::matmul::{Operand, Size, matmul, matmul_nt, matmul_tn_into};
use super::product::reads_transposed;
use super::reduce::column_sum_into;
use crate::dtype::Dtype;
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

/// `y = x W + b` over the last axis: `x [..., C_in]`, `w` of `C_in * C_out` elements (the last axis being `C_out`).
#[track_caller]
pub fn linear(tape: &Tape, x: &Var, w: &Var, bias: Option<&Var>) -> Var {
    let (c_in, c_out) = (x.value.channels(), w.value.channels());
    assert_eq!(w.value.len(), c_in * c_out, "linear: {:?} with {:?}", x.value, w.value);
    let mut shape = x.shape().to_vec();
    *shape.last_mut().expect("linear: an axis to sum over") = c_out;
    let output = Tensor::empty_like(&x.value, &shape);
    product(&x.value, &w.value, bias.map(|b| &b.value), &output, false);
    let inputs: Vec<&Var> = [Some(x), Some(w), bias].into_iter().flatten().collect();
    tape.record(&inputs, output, || Linear { x: x.clone(), w: w.clone(), bias: bias.cloned() })
}

struct Linear {
    x: Var,
    w: Var,
    bias: Option<Var>,
}

impl Backward for Linear {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let (c_in, c_out) = (self.x.value.channels(), dy.channels());
        write_weights(&self.w, self.bias.as_ref(), dy, gradients, |dw, dbias| {
            matmul_tn_into(&self.x.value, dy, dw, dbias);
        });
        gradients.write([(&self.x, dy.dtype())], |[dx]| product_nt(dy, &self.w.value.reshape(&[c_in, c_out]), dx));
    }
}

/// `y = x W^T + b` for `x [N, C_in]` and `w [C_out, C_in]`: weights in PyTorch's layout, a row per output.
#[track_caller]
pub fn linear_by_rows(tape: &Tape, x: &Var, w: &Var, bias: &Var) -> Var {
    let (&[n, c_in], &[c_out, w_in]) = (x.shape(), w.shape()) else {
        panic!("linear_by_rows: {:?} with {:?}", x.value, w.value)
    };
    assert!(w_in == c_in && bias.value.len() == c_out, "linear_by_rows: {:?} with {:?}", x.value, w.value);
    let y = Tensor::empty_like(&x.value, &[n, c_out]);
    let size = Size::single([n, c_out, c_in], false);
    let (a, b) = (Operand::dense(&x.value, n, c_in), Operand::dense(&w.value, c_out, c_in));
    matmul_nt(&size, a, b, Some(&bias.value), Operand::dense(&y, n, c_out));
    tape.record(&[x, w, bias], y, || LinearByRows { x: x.clone(), w: w.clone(), bias: bias.clone() })
}

struct LinearByRows {
    x: Var,
    w: Var,
    bias: Var,
}

impl Backward for LinearByRows {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        let Self { x, w, bias } = self;
        write_weights(w, Some(bias), dy, gradients, |dw, dbias| {
            matmul_tn_into(dy, &x.value, dw, None);
            if let Some(dbias) = dbias {
                column_sum_into(dy, dbias);
            }
        });
        gradients.write([(x, dy.dtype())], |[dx]| product(dy, &w.value, None, &dx.tensor, dx.add));
    }
}

/// `c = a b + bias` for a `[rows, k]` and b `[k, n]`; with `add`, added to c.
#[track_caller]
fn product(a: &Tensor, b: &Tensor, bias: Option<&Tensor>, c: &Tensor, add: bool) {
    let (m, k, n) = (a.rows(), a.channels(), b.channels());
    let size = Size::single([m, n, k], add);
    matmul(&size, Operand::dense(a, m, k), Operand::dense(b, k, n), bias, Operand::dense(c, m, n));
}

/// `c = a b^T` for a `[rows, k]` and b `[n, k]`; with `add`, added to c.
#[track_caller]
fn product_nt(a: &Tensor, b: &Tensor, Place { tensor: c, add }: &Place) {
    let (m, k, n) = (a.rows(), a.channels(), c.channels());
    if !reads_transposed(a.gpu().tuning(), 1) {
        return product(a, &transpose(&b.reshape(&[1, n, k])).reshape(&[k, n]), None, c, *add);
    }
    let size = Size::single([m, n, k], *add);
    matmul_nt(&size, Operand::dense(a, m, k), Operand::dense(b, n, k), None, Operand::dense(c, m, n));
}

/// Writes the gradients of a layer's weights and bias, in f32. `add` adds that of the weights to its first argument, and that of
/// the bias to its second if there is one.
pub(super) fn write_weights(
    w: &Var,
    bias: Option<&Var>,
    dy: &Tensor,
    gradients: &mut Gradients,
    add: impl FnOnce(&Tensor, Option<&Tensor>),
) {
    match bias.filter(|bias| bias.is_differentiable()) {
        Some(bias) if w.is_differentiable() => {
            gradients.write([(w, Dtype::F32), (bias, Dtype::F32)], |[dw, dbias]| add(dw.zeroed(), Some(dbias.zeroed())))
        }
        Some(bias) => gradients.write([(bias, Dtype::F32)], |[dbias]| column_sum_into(dy, dbias.zeroed())),
        None => gradients.write([(w, Dtype::F32)], |[dw]| add(dw.zeroed(), None)),
    }
}
