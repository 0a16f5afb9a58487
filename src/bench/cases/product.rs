//! Cases of the matrix-product core. Those that a peer program times too have its names.

use crate::bench::case::{BACKWARD, Case, FORWARD, Input, Reference, Size};
use crate::dtype::Dtype;
use crate::ops::attention::{attention, attention_packed};
use crate::ops::cast::stored_as;
use crate::ops::conv::{self, conv2d};
use crate::ops::matmul::{Operand, Size as Sizes, matmul, matmul_nt, matmul_tn, matmul_tn_into};
use crate::reference;
use crate::rng::Philox;
use crate::tape::{Place, Tape, Var};
use crate::tensor::Tensor;

/// Products, convolutions and attention.
pub fn cases(size: Size) -> Vec<Case> {
    match size {
        Size::Awkward => awkward(),
        Size::Shipped => shipped(),
    }
}

/// Products of f32 with weights stored in f16: the first layers of a network that takes numbers.
pub fn with_weights_in_f16(size: Size) -> Vec<Case> {
    let products: &[[usize; 3]] = match size {
        Size::Awkward => &[[7, 5, 3], [25, 33, 36], [65, 24, 8]],
        Size::Shipped => &[],
    };
    let each = |&[m, n, k]: &[usize; 3]| {
        let plain = matmul_case(1, m, n, k, format!("1x {m}x{n}x{k}"));
        [plain, matmul_nt_case(1, m, n, k, true), matmul_nt_case(1, m, n, k, false), added_case(1, m, n, k)]
    };
    products.iter().flat_map(each).map(|case| case.with_one_in_f16(1)).collect()
}

fn awkward() -> Vec<Case> {
    let products = [
        [1, 1, 1, 1],
        [1, 7, 5, 3],
        [1, 24, 1, 20],
        [2, 24, 32, 32],
        [3, 25, 33, 36],
        [1, 17, 16, 16],
        [2, 65, 24, 8],
        [1, 63, 66, 128],
        [5, 9, 130, 20],
        [1, 200, 12, 64],
    ];
    // Enough workgroups for the largest tile, with a bias and without.
    let [m, n, k] = [2049, 2050, 20];
    let mut cases = vec![matmul_case(1, m, n, k, format!("{m}x{n}x{k}")), matmul_nt_case(1, m, n, k, false)];
    for [batch, m, n, k] in products {
        cases.push(matmul_case(batch, m, n, k, format!("{batch}x {m}x{n}x{k}")));
        cases.extend([false, true].map(|bias| matmul_nt_case(batch, m, n, k, bias)));
        cases.push(added_case(batch, m, n, k));
        cases.push(matmul_tn_case(batch, m, n, k));
        cases.push(split_case(m, n, 37 * k));
    }
    let convolutions = [
        ([2, 5, 7], [3, 8], 3, 1),
        ([1, 1, 1], [4, 4], 3, 1),
        ([2, 9, 8], [16, 16], 3, 1),
        ([1, 8, 12], [32, 36], 3, 2),
        ([3, 7, 5], [8, 3], 3, 2),
        ([1, 6, 11], [12, 20], 5, 1),
        ([2, 8, 8], [64, 2], 5, 2),
        ([2, 9, 7], [5, 16], 1, 2),
        ([1, 16, 17], [64, 64], 3, 1),
        ([2, 3, 5], [24, 32], 1, 1),
        // On software Vulkan: whole lines, which divide evenly over workgroups of one line of several images, or of several lines.
        ([8, 4, 8], [8, 64], 3, 1),
        ([8, 4, 8], [8, 16], 3, 1),
        ([1, 8, 8], [8, 64], 3, 1),
        ([2, 3, 12], [8, 16], 3, 1),
    ];
    for (image, channels, kernel, stride) in convolutions {
        let layer = Layer { image, channels, kernel, stride };
        cases.extend([conv_fwd_case(layer, layer.name()), conv_dx_case(layer), conv_dw_case(layer)]);
        cases.push(conv_dx_added_case(layer));
    }
    cases.extend([attention_case(2, 9, 1, 2), attention_case(1, 17, 3, 8), attention_case(2, 64, 4, 32)]);
    cases.extend([packed_attention_case(2, 5, 4, 32), packed_attention_case(1, 30, 2, 3)]);
    cases
}

fn shipped() -> Vec<Case> {
    let mut cases: Vec<Case> =
        [256, 512, 1024].into_iter().map(|n| matmul_case(1, n, n, n, format!("matmul {n}x{n}x{n}"))).collect();
    cases.extend([
        matmul_tn_case(1, 512, 512, 512),
        matmul_nt_case(4, 256, 256, 32, false),
        split_case(128, 128, 4096),
    ]);
    cases.push(matmul_case(1, 4096, 128, 128, "4096x128x128".to_owned()));
    cases.push(matmul_case(1, 4096, 384, 16, "4096x384x16".to_owned()));
    // The transformer: 512 tokens of 192 channels, and the modulations of 8 samples.
    cases.extend(
        [(512, 576, 192), (512, 768, 192), (512, 192, 768), (512, 192, 153), (8, 384, 4992)]
            .map(|(m, n, k)| matmul_case(1, m, n, k, format!("{m}x{n}x{k}"))),
    );
    cases.extend([(512, 192, 576), (512, 768, 192), (8, 4992, 384)].map(|(m, n, k)| matmul_nt_case(1, m, n, k, false)));
    cases.extend(
        [(192, 576, 512), (192, 768, 512), (768, 192, 512), (4992, 384, 8)].map(|(m, n, k)| split_case(m, n, k)),
    );
    cases.push(packed_attention_case(8, 64, 6, 32));
    let layers = [
        ([8, 32, 32], [64, 64], 3),
        ([8, 64, 64], [32, 32], 3),
        ([8, 16, 16], [256, 256], 3),
        ([64, 16, 16], [16, 16], 3),
        ([64, 16, 16], [64, 32], 1),
    ];
    for (image, channels, kernel) in layers {
        let layer = Layer { image, channels, kernel, stride: 1 };
        cases.push(conv_fwd_case(layer, format!("{} forward", layer.peer_name())));
        cases.extend([conv_dx_case(layer), conv_dw_case(layer), conv_case(layer)]);
    }
    cases.extend([attention_case(2, 256, 1, 64), packed_attention_case(16, 4, 4, 32)]);
    cases
}

/// Products for GPUs: large enough to approach a device's peak throughput, and too slow on software Vulkan.
pub fn large() -> Vec<Case> {
    let mut cases: Vec<Case> =
        [2048, 4096].into_iter().map(|n| matmul_case(1, n, n, n, format!("matmul {n}x{n}x{n}"))).collect();
    cases.push(matmul_tn_case(1, 2048, 2048, 2048));
    for (image, channels) in [([64, 32, 32], [128, 128]), ([32, 32, 32], [256, 256])] {
        let layer = Layer { image, channels, kernel: 3, stride: 1 };
        cases.push(conv_fwd_case(layer, format!("{} forward", layer.peer_name())));
        cases.extend([conv_dx_case(layer), conv_dw_case(layer)]);
    }
    cases
}

/// Most multiplications of a reference: more would take too long.
const LARGEST_REFERENCE: usize = 400_000_000;

/// The reference of a case, unless it has too many multiplications.
fn affordable(multiplications: usize, reference: Reference) -> Option<Reference> {
    (multiplications <= LARGEST_REFERENCE).then_some(reference)
}

fn product_case(kernel: &'static str, shape: String, sizes: [usize; 4], inputs: Vec<Input>) -> Case {
    let [batch, m, n, k] = sizes;
    Case {
        kernel,
        shape,
        flop: 2.0 * (batch * m * n * k) as f64,
        bytes: 4.0 * (batch * (m * n + m * k + k * n)) as f64,
        bound: FORWARD,
        inputs,
        run: Box::new(|_, _| Vec::new()),
        reference: None,
    }
}

fn matmul_case(batch: usize, m: usize, n: usize, k: usize, shape: String) -> Case {
    let mut rng = Philox::new(2, (m * n + k) as u64);
    let inputs = [&[batch, m, k][..], &[batch, k, n], &[n]].map(|s| Input::normal(&mut rng, s)).to_vec();
    Case {
        run: Box::new(move |_, x| {
            let c = Tensor::empty_like(&x[0], &[batch, m, n]);
            let size = Sizes { m, n, k, batches: [batch, 1], add: false };
            let (a, b) = (Operand::dense(&x[0], m, k), Operand::dense(&x[1], k, n));
            matmul(&size, a, b, Some(&x[2]), Operand::dense(&c, m, n));
            vec![c]
        }),
        reference: affordable(
            batch * m * n * k,
            Box::new(|x| vec![reference::add_bias(&reference::matmul(&x[0], &x[1]), &x[2])]),
        ),
        ..product_case("matmul", shape, [batch, m, n, k], inputs)
    }
}

fn matmul_nt_case(batch: usize, m: usize, n: usize, k: usize, bias: bool) -> Case {
    let mut rng = Philox::new(3, (m * n + k) as u64);
    let mut inputs = [[batch, m, k], [batch, n, k]].map(|s| Input::normal(&mut rng, &s)).to_vec();
    if bias {
        inputs.push(Input::normal(&mut rng, &[n]));
    }
    let name = if bias { "B transposed, bias" } else { "B transposed" };
    Case {
        run: Box::new(move |_, x| {
            let c = Tensor::empty_like(&x[0], &[batch, m, n]);
            let size = Sizes { m, n, k, batches: [batch, 1], add: false };
            let (a, b) = (Operand::dense(&x[0], m, k), Operand::dense(&x[1], n, k));
            matmul_nt(&size, a, b, x.get(2), Operand::dense(&c, m, n));
            vec![c]
        }),
        reference: Some(Box::new(|x| {
            let product = reference::matmul_nt(&x[0], &x[1]);
            vec![x.get(2).map_or_else(|| product.clone(), |bias| reference::add_bias(&product, bias))]
        })),
        ..product_case("matmul", format!("{batch}x {m}x{n}x{k}, {name}"), [batch, m, n, k], inputs)
    }
}

/// The same products, added to C.
fn added_case(batch: usize, m: usize, n: usize, k: usize) -> Case {
    let mut rng = Philox::new(10, (m * n + k) as u64);
    let inputs =
        [[batch, m, k], [batch, k, n], [batch, n, k], [batch, m, n]].map(|s| Input::normal(&mut rng, &s)).to_vec();
    Case {
        run: Box::new(move |_, x| {
            let size = Sizes { m, n, k, batches: [batch, 1], add: true };
            let sums = [copied(&x[3]), copied(&x[3])];
            let [plain, transposed] = sums.each_ref().map(|sum| Operand::dense(sum, m, n));
            matmul(&size, Operand::dense(&x[0], m, k), Operand::dense(&x[1], k, n), None, plain);
            matmul_nt(&size, Operand::dense(&x[0], m, k), Operand::dense(&x[2], n, k), None, transposed);
            sums.to_vec()
        }),
        reference: Some(Box::new(|x| {
            let products = [reference::matmul(&x[0], &x[1]), reference::matmul_nt(&x[0], &x[2])];
            products.map(|product| reference::add(&product, &x[3])).to_vec()
        })),
        ..product_case("matmul", format!("{batch}x {m}x{n}x{k}, added"), [batch, m, n, k], inputs)
    }
}

fn matmul_tn_case(batch: usize, m: usize, n: usize, k: usize) -> Case {
    let mut rng = Philox::new(4, (m * n + k) as u64);
    let inputs = [[batch, k, m], [batch, k, n]].map(|s| Input::normal(&mut rng, &s)).to_vec();
    Case {
        run: Box::new(move |_, x| {
            let c = Tensor::empty_like(&x[0], &[batch, m, n]);
            let size = Sizes { m, n, k, batches: [batch, 1], add: false };
            matmul_tn(&size, Operand::dense(&x[0], k, m), Operand::dense(&x[1], k, n), Operand::dense(&c, m, n));
            vec![c]
        }),
        reference: affordable(batch * m * n * k, Box::new(|x| vec![reference::matmul_tn(&x[0], &x[1])])),
        ..product_case("matmul_tn", format!("{batch}x {m}x{n}x{k}"), [batch, m, n, k], inputs)
    }
}

/// The weight gradient of a linear layer: split-K, then added to the target.
fn split_case(m: usize, n: usize, k: usize) -> Case {
    let mut rng = Philox::new(5, (m * n + k) as u64);
    let inputs = [[k, m], [k, n], [m, n]].map(|s| Input::normal(&mut rng, &s)).to_vec();
    Case {
        run: Box::new(move |gpu, x| {
            let target = Tensor::zeros(gpu, &[m, n]);
            target.copy_from(&stored_as(&x[2], Dtype::F32));
            let bias = Tensor::zeros(gpu, &[n]);
            matmul_tn_into(&x[0], &x[1], &target, Some(&bias));
            vec![target, bias]
        }),
        reference: Some(Box::new(|x| {
            vec![reference::add(&reference::matmul_tn(&x[0], &x[1]), &x[2]), reference::column_sum(&x[1])]
        })),
        ..product_case("matmul_tn", format!("{m}x{n}x{k}, split"), [1, m, n, k], inputs)
    }
}

#[derive(Clone, Copy)]
struct Layer {
    /// N, H, W.
    image: [usize; 3],
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
}

impl Layer {
    fn x(&self) -> [usize; 4] {
        let [n, h, w] = self.image;
        [n, h, w, self.channels[0]]
    }

    fn y(&self) -> [usize; 4] {
        let [n, h, w] = self.image;
        [n, h.div_ceil(self.stride), w.div_ceil(self.stride), self.channels[1]]
    }

    fn w(&self) -> [usize; 4] {
        [self.kernel, self.kernel, self.channels[0], self.channels[1]]
    }

    fn multiplications(&self) -> usize {
        self.y().iter().product::<usize>() * self.kernel * self.kernel * self.channels[0]
    }

    fn name(&self) -> String {
        format!("{}, stride {}", self.peer_name(), self.stride)
    }

    fn peer_name(&self) -> String {
        let ([n, h, w], [c_in, c_out], k) = (self.image, self.channels, self.kernel);
        format!("conv{k}x{k} b{n} {c_in}->{c_out} {h}x{w}")
    }

    fn inputs(&self, seed: u64, shapes: &[&[usize]]) -> Vec<Input> {
        let mut rng = Philox::new(seed, self.multiplications() as u64);
        shapes.iter().map(|shape| Input::normal(&mut rng, shape)).collect()
    }

    fn case(&self, kernel: &'static str, shape: String, passes: f64, bound: f64, inputs: Vec<Input>) -> Case {
        let elements = self.x().iter().product::<usize>()
            + self.y().iter().product::<usize>()
            + self.w().iter().product::<usize>();
        Case {
            kernel,
            shape,
            flop: 2.0 * passes * self.multiplications() as f64,
            bytes: 4.0 * passes * elements as f64,
            bound,
            inputs,
            run: Box::new(|_, _| Vec::new()),
            reference: None,
        }
    }
}

fn conv_fwd_case(layer: Layer, shape: String) -> Case {
    let inputs = layer.inputs(6, &[&layer.x(), &layer.w(), &[layer.channels[1]]]);
    Case {
        run: Box::new(move |_, x| {
            let y = Tensor::empty_like(&x[0], &layer.y());
            conv::conv_fwd(&x[0], &x[1], Some(&x[2]), layer.stride, &y);
            vec![y]
        }),
        reference: affordable(
            layer.multiplications(),
            Box::new(move |x| vec![reference::conv_fwd(&x[0], &x[1], Some(&x[2]), layer.stride)]),
        ),
        ..layer.case("conv_fwd", shape, 1.0, FORWARD, inputs)
    }
}

fn conv_dx_case(layer: Layer) -> Case {
    let [_, height, width, _] = layer.x();
    Case {
        run: Box::new(move |_, x| {
            let dx = Tensor::empty_like(&x[0], &layer.x());
            let dx = Place { tensor: dx, add: false };
            conv::conv_dx(&x[0], &x[1], layer.stride, &dx);
            vec![dx.tensor]
        }),
        reference: affordable(
            layer.multiplications(),
            Box::new(move |x| vec![reference::conv_dx(&x[0], &x[1], layer.stride, [height, width])]),
        ),
        ..layer.case("conv_dx", layer.name(), 1.0, BACKWARD, layer.inputs(7, &[&layer.y(), &layer.w()]))
    }
}

/// The input gradient, added to other contributions.
fn conv_dx_added_case(layer: Layer) -> Case {
    let [_, height, width, _] = layer.x();
    let inputs = layer.inputs(9, &[&layer.y(), &layer.w(), &layer.x()]);
    Case {
        run: Box::new(move |_, x| {
            let dx = Place { tensor: copied(&x[2]), add: true };
            conv::conv_dx(&x[0], &x[1], layer.stride, &dx);
            vec![dx.tensor]
        }),
        reference: Some(Box::new(move |x| {
            vec![reference::add(&reference::conv_dx(&x[0], &x[1], layer.stride, [height, width]), &x[2])]
        })),
        ..layer.case("conv_dx", format!("{}, added", layer.name()), 1.0, BACKWARD, inputs)
    }
}

fn copied(x: &Tensor) -> Tensor {
    let copy = Tensor::empty_like(x, x.shape());
    copy.copy_from(x);
    copy
}

fn conv_dw_case(layer: Layer) -> Case {
    Case {
        run: Box::new(move |gpu, x| {
            let dw = Tensor::zeros(gpu, &layer.w());
            let bias = Tensor::zeros(gpu, &[layer.channels[1]]);
            conv::conv_dw(&x[0], &x[1], layer.stride, &dw, Some(&bias));
            vec![dw, bias]
        }),
        reference: affordable(
            layer.multiplications(),
            Box::new(move |x| {
                vec![reference::conv_dw(&x[0], &x[1], layer.kernel, layer.stride), reference::column_sum(&x[1])]
            }),
        ),
        ..layer.case("conv_dw", layer.name(), 1.0, BACKWARD, layer.inputs(8, &[&layer.x(), &layer.y()]))
    }
}

/// Forward and backward through the tape, as a peer program times it.
fn conv_case(layer: Layer) -> Case {
    let inputs = layer.inputs(9, &[&layer.x(), &layer.w(), &layer.y()]);
    Case {
        run: Box::new(move |_, x| {
            let tape = Tape::recording();
            let (input, weights) = (tape.leaf(x[0].clone()), tape.leaf(x[1].clone()));
            let output = conv2d(&tape, &input, &weights, None, layer.stride);
            let mut gradients = tape.backward([(output.clone(), x[2].clone())]);
            [Some(output.value), gradients.take(&input), gradients.take(&weights)].into_iter().flatten().collect()
        }),
        ..layer.case("conv", format!("{} forward+backward", layer.peer_name()), 3.0, BACKWARD, inputs)
    }
}

fn attention_work(
    kernel: &'static str,
    batch: usize,
    length: usize,
    heads: usize,
    width: usize,
    inputs: Vec<Input>,
) -> Case {
    let (pairs, elements) = (batch * heads * length * length, batch * heads * length * width);
    Case {
        kernel,
        shape: format!("{batch}x{length}, {heads} heads of {width}, forward+backward"),
        flop: 2.0 * 6.0 * (pairs * width) as f64,
        bytes: 4.0 * 8.0 * elements as f64,
        bound: BACKWARD,
        inputs,
        run: Box::new(|_, _| Vec::new()),
        reference: None,
    }
}

fn attention_case(batch: usize, length: usize, heads: usize, width: usize) -> Case {
    let mut rng = Philox::new(10, length as u64);
    let inputs = (0..4).map(|_| Input::normal(&mut rng, &[batch, length, heads * width])).collect();
    let scale = (width as f64).powf(-0.5);
    Case {
        run: Box::new(move |_, x| {
            let tape = Tape::recording();
            let inputs: Vec<Var> = x[..3].iter().map(|x| tape.leaf(x.clone())).collect();
            let y = attention(&tape, &inputs[0], &inputs[1], &inputs[2], heads, scale as f32);
            let mut gradients = tape.backward([(y.clone(), x[3].clone())]);
            std::iter::once(y.value).chain(inputs.iter().filter_map(|input| gradients.take(input))).collect()
        }),
        reference: Some(Box::new(move |x| {
            let [q, k, v, dy] = [0, 1, 2, 3].map(|i| reference::split_heads(&x[i], heads));
            let y = reference::attention_fwd(&q, &k, &v, scale);
            let [dq, dk, dv] = reference::attention_bwd(&q, &k, &v, scale, &dy);
            [y, dq, dk, dv].iter().map(reference::merge_heads).collect()
        })),
        ..attention_work("attention", batch, length, heads, width, inputs)
    }
}

fn packed_attention_case(batch: usize, length: usize, heads: usize, width: usize) -> Case {
    let mut rng = Philox::new(11, length as u64);
    let inputs = [3, 1].map(|tensors| Input::normal(&mut rng, &[batch, length, tensors * heads * width])).to_vec();
    let scale = (width as f64).powf(-0.5);
    Case {
        run: Box::new(move |_, x| {
            let tape = Tape::recording();
            let qkv = tape.leaf(x[0].clone());
            let y = attention_packed(&tape, &qkv, heads, scale as f32);
            let mut gradients = tape.backward([(y.clone(), x[1].clone())]);
            std::iter::once(y.value).chain(gradients.take(&qkv)).collect()
        }),
        reference: Some(Box::new(move |x| {
            let [q, k, v] = reference::unpack_qkv(&x[0], heads);
            let y = reference::attention_fwd(&q, &k, &v, scale);
            let gradients = reference::attention_bwd(&q, &k, &v, scale, &reference::split_heads(&x[1], heads));
            vec![reference::merge_heads(&y), reference::pack_qkv(&gradients)]
        })),
        ..attention_work("attention_packed", batch, length, heads, width, inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::shipped;

    /// Names by which the rows of a peer program are matched with these.
    #[test]
    fn cases_that_a_peer_times_have_its_names() {
        let layers = [
            "conv3x3 b8 64->64 32x32",
            "conv3x3 b8 32->32 64x64",
            "conv3x3 b8 256->256 16x16",
            "conv3x3 b64 16->16 16x16",
            "conv1x1 b64 64->32 16x16",
        ];
        let products = [256, 512, 1024].map(|n| format!("matmul {n}x{n}x{n}"));
        let passes =
            layers.iter().flat_map(|layer| ["forward", "forward+backward"].map(|pass| format!("{layer} {pass}")));
        let cases = shipped();
        for name in passes.chain(products) {
            assert_eq!(cases.iter().filter(|case| case.shape == name).count(), 1, "{name}");
        }
    }
}
