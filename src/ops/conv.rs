//! Convolution in NHWC as an implicit matrix product; weights `[kernel, kernel, C_in, C_out]`, padding `kernel / 2`.

use bytemuck::{Pod, Zeroable};

use super::layout::transpose;
use super::linear::{linear, write_weights};
use super::product::{Convolution, Form, PartialSums, Problem, alignment, plan, reads_transposed};
use super::reduce::column_sum_into;
use crate::gpu::Launch;
use crate::shader::Kernel;
use crate::shader::kernels::{CONV_DW, CONV_DX, CONV_FWD};
use crate::tape::{Backward, Gradients, Place, Tape, Var};
use crate::tensor::Tensor;

/// Convolution of `x [N, H, W, C_in]` with `w [kernel, kernel, C_in, C_out]`, kernel 1, 3 or 5, stride 1 or 2, padding
/// `kernel / 2`: `[N, ceil(H / stride), ceil(W / stride), C_out]`.
#[track_caller]
pub fn conv2d(tape: &Tape, x: &Var, w: &Var, bias: Option<&Var>, stride: usize) -> Var {
    let [kernel, kernel_width, c_in, c_out] = w.value.nhwc();
    let [n, height, width, channels] = x.value.nhwc();
    assert!(
        kernel == kernel_width && kernel % 2 == 1 && matches!(stride, 1 | 2) && channels == c_in,
        "conv2d: {:?} with {:?}, stride {stride}",
        x.value,
        w.value
    );
    if kernel == 1 && stride == 1 {
        return linear(tape, x, w, bias);
    }
    let output = Tensor::empty_like(&x.value, &[n, height.div_ceil(stride), width.div_ceil(stride), c_out]);
    conv_fwd(&x.value, &w.value, bias.map(|b| &b.value), stride, &output);
    let inputs: Vec<&Var> = [Some(x), Some(w), bias].into_iter().flatten().collect();
    tape.record(&inputs, output, || Conv2d { x: x.clone(), w: w.clone(), bias: bias.cloned(), stride })
}

struct Conv2d {
    x: Var,
    w: Var,
    bias: Option<Var>,
    stride: usize,
}

impl Backward for Conv2d {
    fn backward(&self, dy: &Tensor, gradients: &mut Gradients) {
        write_weights(&self.w, self.bias.as_ref(), dy, gradients, |dw, dbias| {
            conv_dw(&self.x.value, dy, self.stride, dw, dbias);
        });
        gradients.write([(&self.x, dy.dtype())], |[dx]| conv_dx(dy, &self.w.value, self.stride, dx));
    }
}

/// Records the forward convolution into `y`.
#[track_caller]
pub fn conv_fwd(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, y: &Tensor) {
    check_images("conv_fwd", x, y, stride);
    Implicit { kernel: &CONV_FWD, a: x, w, b_transposed: false, bias, stride, c: y, add: false }.launch();
}

/// Records the input gradient into `dx [N, H, W, C_in]`.
#[track_caller]
pub fn conv_dx(dy: &Tensor, w: &Tensor, stride: usize, Place { tensor: dx, add }: &Place) {
    check_images("conv_dx", dx, dy, stride);
    let [kernel, _, c_in, c_out] = w.nhwc();
    let as_stored = Implicit { kernel: &CONV_DX, a: dy, w, b_transposed: true, bias: None, stride, c: dx, add: *add };
    if reads_transposed(dy.gpu().tuning(), stride) {
        return as_stored.launch();
    }
    let w = transpose(&w.reshape(&[kernel * kernel, c_in, c_out])).reshape(&[kernel, kernel, c_out, c_in]);
    Implicit { w: &w, b_transposed: false, ..as_stored }.launch();
}

/// Panics unless the images of `y` are those of a convolution of `x`: kernels do not check indices.
#[track_caller]
fn check_images(name: &str, x: &Tensor, y: &Tensor, stride: usize) {
    let ([n, height, width, _], [targets, target_height, target_width, _]) = (x.nhwc(), y.nhwc());
    let fits = [targets, target_height, target_width] == [n, height.div_ceil(stride), width.div_ceil(stride)];
    assert!(fits, "{name}: {x:?} and {y:?}, stride {stride}");
}

/// A convolution as a product whose A is gathered from `a` and whose B is the weights.
struct Implicit<'a> {
    kernel: &'static Kernel,
    a: &'a Tensor,
    /// `[kernel, kernel, k, n]`, or `[kernel, kernel, n, k]` if `b_transposed`.
    w: &'a Tensor,
    b_transposed: bool,
    bias: Option<&'a Tensor>,
    stride: usize,
    c: &'a Tensor,
    add: bool,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    m: u32,
    n: u32,
    k: u32,
    column_groups: u32,
    source: [u32; 2],
    target_side: [u32; 2],
    tiles_across: u32,
    images: u32,
}

impl Implicit<'_> {
    #[track_caller]
    fn launch(self) {
        let Self { kernel, a, w, b_transposed, bias, stride, c, add } = self;
        let ([_, height, width, k], [batch, target_height, target_width, n]) = (a.nhwc(), c.nhwc());
        let [side, _, rows, columns] = w.nhwc();
        let wanted = if b_transposed { [n, k] } else { [k, n] };
        assert!([rows, columns] == wanted, "{}: {a:?}, {w:?} into {c:?}", kernel.name);
        assert!(bias.is_none_or(|bias| bias.len() == n), "{}: bias {bias:?} for {n} channels", kernel.name);
        let problem = Problem {
            form: Form::Inner,
            m: c.rows(),
            n,
            k,
            batches: 1,
            stored: [a.dtype(), w.dtype()],
            a_vec4: k.is_multiple_of(4),
            alignment: alignment(n),
            b_transposed,
            conv: Some(Convolution { kernel: side, stride, image: [batch, target_height, target_width] }),
        };
        let plan = plan(&problem, a.gpu().tuning());
        let grid = plan.grid(1);
        let mut constants = plan.constants;
        constants.extend([("kernel", side as u32), ("bias", u32::from(bias.is_some()))]);
        constants.extend([("accumulate", u32::from(add)), ("b_transposed", u32::from(b_transposed))]);
        let params = Params {
            m: problem.m as u32,
            n: n as u32,
            k: k as u32,
            column_groups: plan.column_groups as u32,
            source: [height as u32, width as u32],
            target_side: [target_height as u32, target_width as u32],
            tiles_across: plan.tiles_across as u32,
            images: batch as u32,
        };
        let bindings: Vec<&Tensor> = [Some(a), Some(w), bias, Some(c)].into_iter().flatten().collect();
        a.gpu().launch(&Launch {
            kernel,
            constants: &constants,
            params: bytemuck::bytes_of(&params),
            bindings: &bindings,
            grid,
        });
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct WeightParams {
    m: u32,
    n: u32,
    k: u32,
    k_per_partial: u32,
    column_groups: u32,
    row_groups: u32,
    source: [u32; 2],
    target_side: [u32; 2],
}

/// Adds the gradient of the weights to `target [kernel, kernel, C_in, C_out]`, and that of a bias to `bias [C_out]`.
#[track_caller]
pub fn conv_dw(x: &Tensor, dy: &Tensor, stride: usize, target: &Tensor, bias: Option<&Tensor>) {
    let ([_, height, width, m], [batch, target_height, target_width, n]) = (x.nhwc(), dy.nhwc());
    let [kernel, ..] = target.nhwc();
    check_images("conv_dw", x, dy, stride);
    assert_eq!(target.shape(), [kernel, kernel, m, n], "conv_dw: {x:?} and {dy:?} into {target:?}");
    assert!(bias.is_none_or(|bias| bias.len() == n), "conv_dw: bias {bias:?} for {n} channels");
    let problem = Problem {
        form: Form::Outer { split: true },
        m,
        n,
        k: dy.rows(),
        batches: 1,
        stored: [x.dtype(), dy.dtype()],
        a_vec4: m.is_multiple_of(4),
        alignment: alignment(n),
        b_transposed: false,
        conv: Some(Convolution { kernel, stride, image: [batch, target_height, target_width] }),
    };
    let plan = plan(&problem, x.gpu().tuning());
    let mut bias = bias;
    if !plan.sums_bias
        && let Some(bias) = bias.take()
    {
        column_sum_into(dy, bias);
    }
    let sums = PartialSums::new(plan.partials, target, bias);
    let grid = plan.grid(sums.count());
    let mut constants = plan.constants;
    constants.push(("kernel", kernel as u32));
    constants.extend(sums.constants());
    let params = WeightParams {
        m: m as u32,
        n: n as u32,
        k: problem.k as u32,
        k_per_partial: plan.terms as u32,
        column_groups: plan.column_groups as u32,
        row_groups: plan.row_groups as u32,
        source: [height as u32, width as u32],
        target_side: [target_height as u32, target_width as u32],
    };
    x.gpu().launch(&Launch {
        kernel: &CONV_DW,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &sums.bindings([x, dy]),
        grid,
    });
    sums.finish();
}
