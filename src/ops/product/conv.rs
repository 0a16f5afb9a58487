//! Convolution in NHWC as an implicit matrix product; weights `[kernel, kernel, C_in, C_out]`, padding `kernel / 2`.

use bytemuck::{Pod, Zeroable};

use super::lines::{Lines, WeightLines};
use super::outer::{likely_parts, pixels_per_part};
use super::parts::PartedSum;
use super::tile::Listed;
use super::{Shape, grid, linear};
use crate::gpu::kernel::Registered;
use crate::gpu::{Kernel, Launch};
use crate::ops::layout::transpose;
use crate::ops::reduce::column_sum_into;
use crate::tape::{Backward, Gradients, Slot, Tape, Var};
use crate::tensor::Tensor;

/// The forward convolution.
pub static CONV_FWD: Kernel = Kernel::new("conv_fwd", include_str!("../../../shaders/conv_fwd.wgsl"));
/// The gradient of its input.
pub static CONV_DX: Kernel = Kernel::new("conv_dx", include_str!("../../../shaders/conv_dx.wgsl"));
/// The gradient of its weights.
pub static CONV_DW: Kernel = Kernel::new("conv_dw", include_str!("../../../shaders/conv_dw.wgsl"));

/// Convolution of `x [N, H, W, C_in]` with `w [kernel, kernel, C_in, C_out]`, kernel 1, 3 or 5, stride 1 or 2, padding
/// `kernel / 2`: `[N, ceil(H / stride), ceil(W / stride), C_out]`.
#[track_caller]
pub fn conv2d(tape: &Tape, x: &Var, w: &Var, bias: Option<&Var>, stride: usize) -> Var {
    let [kernel, across, c_in, c_out] = w.value.nhwc();
    let [n, height, width, channels] = x.value.nhwc();
    assert!(
        kernel == across && kernel % 2 == 1 && matches!(stride, 1 | 2) && channels == c_in,
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
        linear::add_gradients(&self.w, self.bias.as_ref(), dy, gradients, |w, bias| {
            conv_dw(&self.x.value, dy, self.stride, w, bias);
        });
        if self.x.is_differentiable() {
            let dx = gradients.slot(&self.x, dy);
            conv_dx(dy, &self.w.value, self.stride, &dx);
            gradients.add(&self.x, dx.tensor);
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    m: u32,
    n: u32,
    k: u32,
    column_groups: u32,
    source: [u32; 2],
    target: [u32; 2],
    tiles_across: u32,
    pictures: u32,
}

/// Records the forward convolution into `y`.
#[track_caller]
pub fn conv_fwd(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, y: &Tensor) {
    if Lines::suit(x.gpu(), stride) {
        return by_lines(&CONV_FWD, x, w, bias, y, false, false);
    }
    implicit(&CONV_FWD, x, w, bias, stride, y, false);
}

/// Records the input gradient into `dx [N, H, W, C_in]`.
#[track_caller]
pub fn conv_dx(dy: &Tensor, w: &Tensor, stride: usize, Slot { tensor: dx, add }: &Slot) {
    if Lines::suit(dy.gpu(), stride) {
        return by_lines(&CONV_DX, dy, w, None, dx, *add, true);
    }
    let [kernel, _, c_in, c_out] = w.nhwc();
    let transposed = transpose(&w.reshape(&[kernel * kernel, c_in, c_out])).reshape(&[kernel, kernel, c_out, c_in]);
    implicit(&CONV_DX, dy, &transposed, None, stride, dx, *add);
}

#[track_caller]
fn implicit(
    kernel: &'static Kernel,
    a: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    c: &Tensor,
    add: bool,
) {
    let ([_, height, width, k], [side, _, _, n]) = (a.nhwc(), w.nhwc());
    let [_, target_height, target_width, columns] = c.nhwc();
    assert!(w.nhwc()[2] == k && columns == n, "{}: {a:?}, {w:?} into {c:?}", kernel.name);
    let m = c.rows();
    let shape = Shape::inner([a, w], [m, n, k], 1, k.is_multiple_of(4), alignment(n));
    let mut constants = shape.constants();
    constants.extend([
        ("kernel", side as u32),
        ("stride", stride as u32),
        ("bias", u32::from(bias.is_some())),
        ("accumulate", u32::from(add)),
        ("b_transposed", 0),
    ]);
    let params = Params {
        m: m as u32,
        n: n as u32,
        k: k as u32,
        column_groups: shape.column_groups(n) as u32,
        source: [height as u32, width as u32],
        target: [target_height as u32, target_width as u32],
        tiles_across: 0,
        pictures: 0,
    };
    launch(
        kernel,
        &constants,
        &params,
        [Some(a), Some(w), bias, Some(c)],
        shape.column_groups(n) * shape.row_groups(m),
    );
}

/// The same by stretches of lines: stride 1 in the subgroup body. Weights that lie `transposed` are read as they are.
#[track_caller]
fn by_lines(
    kernel: &'static Kernel,
    a: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    c: &Tensor,
    add: bool,
    transposed: bool,
) {
    let ([batch, height, width, k], [side, _, w_in, w_out], n) = (a.nhwc(), w.nhwc(), c.channels());
    let channels = if transposed { [n, k] } else { [k, n] };
    assert!([w_in, w_out] == channels && c.rows() == a.rows(), "{}: {a:?}, {w:?} into {c:?}", kernel.name);
    let pictures = [batch, height, width];
    let lines = Lines::of(pictures, side, n, k, transposed);
    let [tiles_across, tiles_down] = lines.tiles(pictures);
    let mut constants = lines.constants();
    constants.extend([("kernel", side as u32), ("bias", u32::from(bias.is_some()))]);
    constants.extend([("accumulate", u32::from(add)), ("b_transposed", u32::from(transposed))]);
    let params = Params {
        m: c.rows() as u32,
        n: n as u32,
        k: k as u32,
        column_groups: lines.column_groups(n) as u32,
        source: [height as u32, width as u32],
        target: [height as u32, width as u32],
        tiles_across: tiles_across as u32,
        pictures: batch as u32,
    };
    launch(
        kernel,
        &constants,
        &params,
        [Some(a), Some(w), bias, Some(c)],
        lines.column_groups(n) * tiles_across * tiles_down,
    );
}

fn launch(
    kernel: &'static Kernel,
    constants: &[(&'static str, u32)],
    params: &Params,
    bindings: [Option<&Tensor>; 4],
    groups: usize,
) {
    let bindings: Vec<&Tensor> = bindings.into_iter().flatten().collect();
    bindings[0].gpu().launch(&Launch {
        kernel,
        constants,
        params: bytemuck::bytes_of(params),
        bindings: &bindings,
        grid: grid(groups, 1),
    });
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct WeightParams {
    m: u32,
    n: u32,
    pixels: u32,
    pixels_per_part: u32,
    column_groups: u32,
    row_groups: u32,
    source: [u32; 2],
    target: [u32; 2],
}

/// Adds the weight gradient to `target [kernel, kernel, C_in, C_out]`, and that of a bias to `bias [C_out]`.
#[track_caller]
pub fn conv_dw(x: &Tensor, dy: &Tensor, stride: usize, target: &Tensor, bias: Option<&Tensor>) {
    let ([_, height, width, m], [_, target_height, target_width, n]) = (x.nhwc(), dy.nhwc());
    let [kernel, ..] = target.nhwc();
    assert_eq!(target.shape(), [kernel, kernel, m, n], "conv_dw: {x:?} and {dy:?} into {target:?}");
    let (pixels, mut bias) = (dy.rows(), bias);
    let (mut constants, column_groups, row_groups, tiles, per_part);
    if Lines::suit(x.gpu(), stride) {
        let lines = WeightLines::of(width, kernel, m, n);
        constants = lines.constants();
        (column_groups, row_groups) = (lines.column_groups(n), lines.row_groups(m));
        tiles = column_groups * row_groups * kernel;
        per_part = width * lines.lines_per_part(pixels_per_part(x.gpu(), pixels, tiles, m + n), width);
    } else {
        if let Some(bias) = bias.take() {
            column_sum_into(dy, bias);
        }
        let taps = kernel * kernel;
        let shape = Shape::outer([x, dy], [m, n], taps * likely_parts(pixels), m.is_multiple_of(4), alignment(n));
        constants = shape.constants();
        constants.push(("stride", stride as u32));
        (column_groups, row_groups) = (shape.column_groups(n), shape.row_groups(m));
        tiles = column_groups * row_groups * taps;
        per_part = pixels_per_part(x.gpu(), pixels, tiles, m + n);
    }
    let sum = PartedSum::of(pixels.div_ceil(per_part), target, bias);
    constants.push(("kernel", kernel as u32));
    constants.extend(sum.constants());
    let params = WeightParams {
        m: m as u32,
        n: n as u32,
        pixels: pixels as u32,
        pixels_per_part: per_part as u32,
        column_groups: column_groups as u32,
        row_groups: row_groups as u32,
        source: [height as u32, width as u32],
        target: [target_height as u32, target_width as u32],
    };
    x.gpu().launch(&Launch {
        kernel: &CONV_DW,
        constants: &constants,
        params: bytemuck::bytes_of(&params),
        bindings: &sum.bindings([x, dy]),
        grid: grid(tiles, sum.count()),
    });
    sum.finish();
}

/// What rows of `n` elements begin on a multiple of, as far as loads can make use of it.
fn alignment(n: usize) -> usize {
    [4, 2].into_iter().find(|width| n.is_multiple_of(*width)).unwrap_or(1)
}

/// For the tests: both bodies, wide and ragged, stride 1 and 2.
pub(super) fn registered() -> Vec<Registered> {
    const fn inner(
        body: Listed,
        chunk: u32,
        a_width: u32,
        width: u32,
        stride: u32,
        bias: u32,
    ) -> [(&'static str, u32); 17] {
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
            ("chunk", chunk),
            ("a_width", a_width),
            ("width", width),
            ("kernel", 3),
            ("stride", stride),
            ("bias", bias),
            ("spans", 1),
            ("accumulate", stride - 1),
            ("b_transposed", 0),
        ]
    }
    const fn lines(across: u32, whole: u32, a_width: u32, transposed: u32) -> [(&'static str, u32); 16] {
        [
            ("matrix", 0),
            ("subgroup_body", 1),
            ("stride", 1),
            ("across", across),
            ("down", 2),
            ("whole", whole),
            ("even", whole),
            ("level", whole),
            ("chunk", 4),
            ("a_width", a_width),
            ("width", if transposed == 1 { 1 } else { 4 }),
            ("spans", 2),
            ("kernel", 3),
            ("bias", 0),
            ("accumulate", transposed),
            ("b_transposed", transposed),
        ]
    }
    static INNER: [&[(&str, u32)]; 8] = [
        &lines(8, 0, 4, 0),
        &lines(4, 1, 1, 1),
        &inner(Listed::Subgroup, 8, 4, 4, 2, 0),
        &inner(Listed::Subgroup, 8, 1, 1, 2, 0),
        &inner(Listed::Tiled(0), 16, 4, 4, 2, 0),
        &inner(Listed::Tiled(3), 8, 1, 1, 1, 0),
        &inner(Listed::Matrix(1, 16), 32, 4, 4, 1, 0),
        &inner(Listed::Matrix(2, 8), 32, 1, 2, 2, 0),
    ];
    const fn outer(body: Listed, a_width: u32, width: u32, stride: u32) -> [(&'static str, u32); 16] {
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
            ("accumulate", 0),
            ("bias", 0),
            ("chunk", if body.1 == 1 { 8 } else { 32 }),
            ("a_width", a_width),
            ("width", width),
            ("kernel", 3),
            ("stride", stride),
        ]
    }
    const fn weight_lines(across: u32, a_width: u32, width: u32) -> [(&'static str, u32); 14] {
        [
            ("matrix", 0),
            ("accumulate", 0),
            ("bias", 1),
            ("subgroup_body", 1),
            ("stride", 1),
            ("across", across),
            ("down", 8 / across),
            ("whole", (across < 8) as u32),
            ("even", (across < 8) as u32),
            ("rows", 8),
            ("a_width", a_width),
            ("width", width),
            ("spans", 1),
            ("kernel", 3),
        ]
    }
    static OUTER: [&[(&str, u32)]; 8] = [
        &weight_lines(8, 4, 4),
        &weight_lines(2, 1, 1),
        &outer(Listed::Subgroup, 4, 4, 2),
        &outer(Listed::Subgroup, 1, 2, 2),
        &outer(Listed::Tiled(2), 4, 4, 2),
        &outer(Listed::Tiled(4), 1, 1, 1),
        &outer(Listed::Matrix(1, 16), 4, 4, 2),
        &outer(Listed::Matrix(2, 8), 1, 1, 1),
    ];
    let entry = |kernel, variants, params| Registered { kernel, variants, params, bindings: 3, subgroups: true };
    vec![
        entry(&CONV_FWD, &INNER, size_of::<Params>()),
        entry(&CONV_DX, &INNER, size_of::<Params>()),
        entry(&CONV_DW, &OUTER, size_of::<WeightParams>()),
    ]
}
