//! Linear layers: a product over the last axis, with a bias.

use super::matmul::{Operand, Size, matmul, matmul_nt};
use super::outer::matmul_tn_into;
use crate::gpu::Body;
use crate::ops::layout::transpose;
use crate::ops::reduce::column_sum_into;
use crate::tape::{Backward, Gradients, Slot, Tape, Var};
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

/// `y = x W^T + b` for `x [N, C_in]` and `w [C_out, C_in]`: a layer whose weights lie as PyTorch has them, an output to a row.
#[track_caller]
pub fn linear_by_rows(tape: &Tape, x: &Var, w: &Var, bias: &Var) -> Var {
    let (&[n, c_in], &[c_out, w_in]) = (x.shape(), w.shape()) else {
        panic!("linear_by_rows: {:?} with {:?}", x.value, w.value)
    };
    assert!(w_in == c_in && bias.value.len() == c_out, "linear_by_rows: {:?} with {:?}", x.value, w.value);
    let y = Tensor::empty_like(&x.value, &[n, c_out]);
    let size = Size { m: n, n: c_out, k: c_in, batches: [1, 1], alpha: 1.0, add: false };
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
        let [dw, db] = [w, bias].map(|var| gradients.target(var));
        matmul_tn_into(dy, &x.value, &dw, None);
        column_sum_into(dy, &db);
        gradients.deliver(w, dw);
        gradients.deliver(bias, db);
        if x.is_differentiable() {
            let dx = gradients.slot(x, dy);
            product(dy, &w.value, None, &dx.tensor, dx.add);
            gradients.add(x, dx.tensor);
        }
    }
}

/// `c = a b + bias` for a `[rows, k]` and b `[k, n]`, or that added to c.
#[track_caller]
fn product(a: &Tensor, b: &Tensor, bias: Option<&Tensor>, c: &Tensor, add: bool) {
    let (m, k, n) = (a.rows(), a.channels(), b.channels());
    let size = Size { m, n, k, batches: [1, 1], alpha: 1.0, add };
    matmul(&size, Operand::dense(a, m, k), Operand::dense(b, k, n), bias, Operand::dense(c, m, n));
}

/// `c = a b^T` for a `[rows, k]` and b `[n, k]`, or that added to c. The subgroup body reads b as it lies; tiles want it transposed first.
#[track_caller]
fn product_transposed(a: &Tensor, b: &Tensor, Slot { tensor: c, add }: &Slot) {
    let (m, k, n) = (a.rows(), a.channels(), c.channels());
    if a.gpu().capabilities().body == Body::Subgroup {
        let size = Size { m, n, k, batches: [1, 1], alpha: 1.0, add: *add };
        return matmul_nt(&size, Operand::dense(a, m, k), Operand::dense(b, n, k), None, Operand::dense(c, m, n));
    }
    product(a, &transpose(&b.reshape(&[1, n, k])).reshape(&[k, n]), None, c, *add);
}

struct Linear {
    x: Var,
    w: Var,
    bias: Option<Var>,
}

impl Backward for Linear {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        add_gradients(&self.w, self.bias.as_ref(), dy, gradients, |w, bias| {
            matmul_tn_into(&self.x.value, dy, w, bias);
        });
        if self.x.is_differentiable() {
            let (c_in, c_out) = (self.x.value.channels(), dy.channels());
            let dx = gradients.slot(&self.x, dy);
            product_transposed(dy, &self.w.value.reshape(&[c_in, c_out]), &dx);
            gradients.add(&self.x, dx.tensor);
        }
    }
}

/// The gradients of a layer's weights and bias. `add` adds those of the weights, and of the bias where it is given one, to
/// their targets: the arena for parameters.
pub(super) fn add_gradients(
    w: &Var,
    bias: Option<&Var>,
    dy: &Tensor,
    gradients: &mut Gradients,
    add: impl FnOnce(&Tensor, Option<&Tensor>),
) {
    let bias = bias.filter(|bias| bias.is_differentiable());
    let bias_target = bias.map(|bias| gradients.target(bias));
    if w.is_differentiable() {
        let w_target = gradients.target(w);
        add(&w_target, bias_target.as_ref());
        gradients.deliver(w, w_target);
    } else if let Some(bias_target) = &bias_target {
        column_sum_into(dy, bias_target);
    }
    if let (Some(bias), Some(bias_target)) = (bias, bias_target) {
        gradients.deliver(bias, bias_target);
    }
}
