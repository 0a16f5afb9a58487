//! Sizes at the edges: no elements, more than u32 counts, more than f32 counts; strided operands; ties and indices beyond a table.

mod common;

use common::cases::{software, tunings};
use flocoder::dtype::Dtype;
use flocoder::gpu::{Gpu, Paper};
use flocoder::nn::quantizer::ResidualQuantizer;
use flocoder::ops::activation::{gelu, silu};
use flocoder::ops::attention::attention_packed;
use flocoder::ops::cast::stored_as;
use flocoder::ops::conv::{conv_dw, conv_dx, conv2d};
use flocoder::ops::dropout::dropout;
use flocoder::ops::elementwise::{add, gate, multiply};
use flocoder::ops::embed::{embedding, grid_embedding};
use flocoder::ops::flow::{flow_mix, pair_nearest};
use flocoder::ops::layer_norm::layer_norm;
use flocoder::ops::layout::{concat, join_rows, space_to_depth, transpose, upsample2};
use flocoder::ops::linear::linear;
use flocoder::ops::linear_attention::linear_attention;
use flocoder::ops::linear_attention::projected::{Projections, projected_linear_attention};
use flocoder::ops::loss::mse;
use flocoder::ops::matmul::{Operand, Size, matmul, matmul_nt, matmul_tn, matmul_tn_into};
use flocoder::ops::neighbourhood_attention::neighbourhood_attention;
use flocoder::ops::norm::{Args, GroupNorm, Modulation, group_norm};
use flocoder::ops::quantize::{nearest_code, residual_quantize};
use flocoder::ops::reduce::{column_statistics, column_sum, sum};
use flocoder::ops::softmax::softmax;
use flocoder::rng::Philox;
use flocoder::tape::{Place, Tape, Var};
use flocoder::tensor::Tensor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an operation is tried on: a batch `[n, 4, 4, 8]`, and a smaller tensor of a shape.
struct Batch<'a> {
    gpu: &'a Gpu,
    n: usize,
    x: &'a Var,
}

impl Batch<'_> {
    fn other(&self, shape: &[usize]) -> Var {
        Var::constant(Tensor::empty(self.gpu, shape, self.x.value.dtype()))
    }

    fn other_f32(&self, shape: &[usize]) -> Var {
        Var::constant(Tensor::empty_f32(self.gpu, shape))
    }
}

type Operation = (&'static str, fn(&Tape, &Batch<'_>));

/// Operations on a whole batch, of all kinds.
const OPERATIONS: [Operation; 20] = [
    ("silu", |tape, batch| drop(silu(tape, batch.x))),
    ("gelu", |tape, batch| drop(gelu(tape, batch.x))),
    ("add", |tape, batch| drop(add(tape, batch.x, batch.x))),
    ("multiply", |tape, batch| drop(multiply(tape, batch.x, batch.x))),
    ("dropout", |tape, batch| drop(dropout(tape, batch.x, 0.5, true, 1, 2))),
    ("gate", |tape, batch| drop(gate(tape, batch.x, batch.x, &batch.other_f32(&[batch.n, 8]), 0))),
    ("layer_norm", |tape, batch| {
        let table = batch.other_f32(&[batch.n, 16]);
        drop(layer_norm(tape, batch.x, Modulation { table: &table, start: 0 }));
    }),
    ("group_norm", |tape, batch| {
        let [gamma, beta] = [(); 2].map(|()| batch.other_f32(&[8]));
        let args = Args { x: batch.x, gamma: &gamma, beta: &beta, modulation: None, residual: None };
        drop(group_norm(tape, args, &GroupNorm { groups: 2, eps: 1e-5, silu: true }));
    }),
    ("softmax", |tape, batch| drop(softmax(tape, batch.x, 1.0))),
    ("linear", |tape, batch| drop(linear(tape, batch.x, &batch.other(&[8, 8]), None))),
    ("conv2d", |tape, batch| drop(conv2d(tape, batch.x, &batch.other(&[3, 3, 8, 8]), None, 1))),
    ("upsample2", |tape, batch| drop(upsample2(tape, batch.x))),
    ("space_to_depth", |tape, batch| drop(space_to_depth(tape, batch.x, 2))),
    ("concat", |tape, batch| drop(concat(tape, batch.x, batch.x))),
    ("transpose", |_, batch| drop(transpose(&batch.x.value.reshape(&[batch.n, 16, 8])))),
    ("attention", |tape, batch| drop(attention_packed(tape, &batch.other(&[batch.n, 16, 24]), 2, 0.5))),
    ("linear_attention", |tape, batch| drop(linear_attention(tape, &batch.other(&[batch.n, 16, 24]), 2))),
    ("neighbourhood_attention", |tape, batch| {
        drop(neighbourhood_attention(tape, &batch.other(&[batch.n, 4, 4, 24]), 2));
    }),
    ("flow_mix", |_, batch| drop(flow_mix(&batch.x.value, &batch.x.value, &batch.other_f32(&[batch.n]).value))),
    ("mse", |_, batch| drop(mse(&batch.x.value, &batch.x.value))),
];

/// Those that take f32 alone.
const IN_F32: [Operation; 6] = [
    ("nearest_code", |_, batch| drop(nearest_code(&batch.x.value, &batch.other(&[4, 8]).value))),
    ("residual_quantize", |_, batch| drop(residual_quantize(&batch.x.value, &batch.other(&[1, 4, 8]).value))),
    ("pair_nearest", |_, batch| drop(pair_nearest(&batch.x.value, &batch.x.value))),
    ("sum", |_, batch| drop(sum(&batch.x.value))),
    ("column_sum", |_, batch| drop(column_sum(&batch.x.value))),
    ("embedding", |tape, batch| {
        let indices = Tensor::empty(batch.gpu, &[batch.n], Dtype::U32);
        drop(embedding(tape, &batch.other(&[5, 3]), &indices));
    }),
];

/// There is no empty batch: an operation on one is a bug of its caller, and panics with the operation's or the kernel's name.
#[test]
fn an_operation_on_an_empty_batch_panics() {
    let Some(gpu) = common::gpu() else { return };
    let x = Var::constant(Tensor::empty_f32(gpu, &[0, 4, 4, 8]));
    assert!(x.value.read_f32().unwrap().is_empty());
    for (name, operation) in OPERATIONS.into_iter().chain(IN_F32) {
        let panic = catch_unwind(AssertUnwindSafe(|| operation(&Tape::inference(), &Batch { gpu, n: 0, x: &x })));
        let panic = panic.err().unwrap_or_else(|| panic!("{name} of nothing was launched"));
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        let clear = ["an operand without elements", "is an empty batch", "pair_nearest: "];
        assert!(clear.iter().any(|part| text.contains(part)), "{name}: {text:?}");
    }
    gpu.check().unwrap();
}

/// Params are u32. Operations on a tensor that no kernel can bind, and on one of more elements than u32 counts, are refused in a
/// sentence, and nothing is launched with sizes that were cut.
#[test]
fn operations_on_tensors_that_are_too_large_are_refused() {
    let mut paper = Paper::all().into_iter().find(|paper| paper.name.contains("Hopper")).unwrap();
    paper.limits.max_storage_buffer_binding_size = 1 << 20;
    for (name, operation) in OPERATIONS {
        // More bytes than a binding, and more elements than u32.
        for elements in [1 << 19, 1 << 32] {
            let n = elements / 128 + 1;
            let gpu = &Gpu::on_paper(&paper).unwrap();
            let x = Var::constant(Tensor::empty(gpu, &[n, 4, 4, 8], Dtype::F16));
            let tried = catch_unwind(AssertUnwindSafe(|| operation(&Tape::inference(), &Batch { gpu, n, x: &x })));
            assert_eq!(gpu.counters().dispatches, 0, "{name} of {elements} elements");
            assert!(tried.is_ok(), "{name} of {elements} elements panics");
            let refusal = gpu.check().expect_err(name).to_string();
            let clear = ["needs a tensor of", "exceeds the adapter's largest buffer"];
            assert!(clear.iter().any(|part| refusal.contains(part)), "{name}: {refusal}");
        }
    }
    // As many elements as usize does not count.
    let gpu = &Gpu::on_paper(&paper).unwrap();
    Tensor::empty(gpu, &[1 << 40, 1 << 30], Dtype::F32);
    let refusal = gpu.check().unwrap_err().to_string();
    assert!(refusal.contains("exceeds the adapter's largest buffer"), "{refusal}");
}

/// `shared/divide.wgsl` on a device whose quotients are off by `ulp`.
fn divide(value: u32, divisor: u32, ulp: i32) -> u32 {
    let reciprocal = f32::from_bits((1.0 / divisor as f32).to_bits().wrapping_add_signed(ulp));
    let guess = (value as f32 * reciprocal) as u32;
    let rest = value.wrapping_sub(guess.wrapping_mul(divisor)) as i32;
    let correction = (rest as f32 * reciprocal) as i32;
    let last_rest = rest - correction * divisor as i32;
    guess.wrapping_add_signed(correction + i32::from(last_rest >= divisor as i32) - i32::from(last_rest < 0))
}

/// WGSL permits 2.5 ULP.
#[test]
fn quotients_of_whole_numbers_are_exact_on_any_device() {
    let mut rng = Philox::new(21, 0);
    let mut below = |limit: u32| rng.below(limit as usize) as u32;
    for _ in 0..1_000_000 {
        let bits = below(31);
        let divisor = 1 + below(1 << bits);
        let quotient = below(i32::MAX as u32 / divisor + 1);
        let most = (i32::MAX as u32 - quotient * divisor).min(divisor - 1);
        let value = quotient * divisor + [0, most, below(most + 1)][below(3) as usize];
        for ulp in -3..=3 {
            assert_eq!(divide(value, divisor, ulp), quotient, "{value} / {divisor}, off by {ulp} ULP");
        }
    }
}

/// Kernels divide by multiplying with reciprocals in f32, whose quotients are off by more than one beyond 2^21 lines.
#[test]
fn images_of_more_than_2_to_the_21_lines_are_right() {
    const IMAGES: usize = (1 << 20) + 3;
    let Some(_) = common::gpu() else { return };
    let line = |at: usize| (at % 13) as f32;
    let x: Vec<f32> = (0..2 * IMAGES).map(line).collect();
    for tuning in tunings() {
        let Ok(gpu) = &Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        let tape = Tape::inference();
        let tensor = |shape: &[usize], values: &[f32]| Tensor::from_f32(gpu, shape, values);
        let is = |what: &str, got: &Tensor, want: &dyn Fn(usize) -> f32| {
            let got = got.read_f32().unwrap();
            let wrong = (0..got.len()).find(|&at| got[at] != want(at));
            assert!(wrong.is_none(), "{}: {what}[{wrong:?}]", gpu.tuning().name);
        };
        let images = Var::constant(tensor(&[IMAGES, 2, 1, 1], &x));
        // Of the kernel's columns, those at the sides see padding alone.
        let kernel = Var::constant(tensor(&[3, 3, 1, 1], &[9.0, 1.0, 9.0, 9.0, 2.0, 9.0, 9.0, 3.0, 9.0]));
        let above = |at: usize| if at.is_multiple_of(2) { 0.0 } else { line(at - 1) };
        let below = |at: usize| if at.is_multiple_of(2) { line(at + 1) } else { 0.0 };
        let conv = |stride| conv2d(&tape, &images, &kernel, None, stride).value;
        is("conv_fwd", &conv(1), &|at| above(at) + 2.0 * line(at) + 3.0 * below(at));
        is("conv_fwd of stride 2", &conv(2), &|at| 2.0 * line(2 * at) + 3.0 * line(2 * at + 1));
        let dx = Place { tensor: Tensor::empty_f32(gpu, images.shape()), add: false };
        conv_dx(&images.value, &kernel.value, 1, &dx);
        is("conv_dx", &dx.tensor, &|at| 3.0 * above(at) + 2.0 * line(at) + below(at));
        let mut last = vec![0.0; 2 * IMAGES];
        last[2 * IMAGES - 2..].fill(1.0);
        let dw = Tensor::zeros(gpu, kernel.shape());
        conv_dw(&images.value, &tensor(images.shape(), &last), 1, &dw, None);
        let [first, second] = [line(2 * IMAGES - 2), line(2 * IMAGES - 1)];
        is("conv_dw", &dw, &|at| [0.0, first, 0.0, 0.0, first + second, 0.0, 0.0, second, 0.0][at]);

        is("upsample_fwd", &upsample2(&tape, &images).value, &|at| line(at / 4));
        let wide = Var::constant(tensor(&[1, 2, IMAGES, 1], &x));
        is("swap_axes", &join_rows(&tape, &wide, 2).value, &|at| line(at % 2 * IMAGES + at / 2));
        let rows = Var::constant(tensor(&[2, 1, 1], &[20.0, 40.0]));
        let columns = Var::constant(tensor(&[1, 1, 1], &[100.0]));
        let embedded = grid_embedding(&tape, &images, &rows, &columns).value;
        is("grid_embedding_fwd", &embedded, &|at| line(at) + [120.0, 140.0][at % 2]);
        let pairs = Var::constant(tensor(&[IMAGES, 2, 2, 1], &[x.clone(), x.clone()].concat()));
        let deep = space_to_depth(&tape, &pairs, 2).value;
        is("space_to_depth", &deep, &|at| x[at % (2 * IMAGES)]);
    }
}

/// A kernel sees a range that begins on a multiple of 256 bytes.
#[test]
fn a_view_that_no_kernel_can_bind_panics() {
    let gpu = &Gpu::on_paper(&Paper::all()[0]).unwrap();
    for (dtype, aligned, others) in [(Dtype::F32, 64, [1, 4, 32, 63]), (Dtype::F16, 128, [1, 8, 64, 127])] {
        let x = Tensor::empty(gpu, &[512], dtype);
        let launched = |start: usize| {
            let part = Var::constant(x.view(start, &[8]));
            catch_unwind(AssertUnwindSafe(|| drop(silu(&Tape::inference(), &part))))
        };
        assert!(launched(aligned).is_ok());
        for start in others {
            let panic = launched(start).expect_err("an unaligned view").downcast::<String>().unwrap();
            assert!(panic.contains("silu_fwd: a view from byte"), "{panic}");
        }
        // Copies take it.
        let [part, whole] = [x.view(2, &[8]), x.view(aligned, &[8])];
        part.copy_from(&whole);
    }
    gpu.check().unwrap();
}

/// Not every whole number above 2^24 is an f32. Positions and channels of a sample of more elements.
const LONG: usize = (1 << 24) + 3;
const LARGE: [usize; 2] = [16_369, 1025];

#[test]
fn sums_over_more_elements_than_f32_counts_are_right() {
    let Some(_) = common::gpu() else { return };
    for tuning in tunings() {
        let Ok(gpu) = &Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        // 0, 1, 2, 3 in turn; the last three are 0, 1, 2.
        let values: Vec<f32> = (0..LONG).map(|i| (i % 4) as f32).collect();
        let x = Tensor::from_f32(gpu, &[LONG, 1], &values);
        let total = values.iter().map(|&x| f64::from(x)).sum::<f64>();
        let mean = total / LONG as f64;
        let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / LONG as f64;
        let near = |got: f32, want: f64, what: &str| {
            let error = (f64::from(got) - want).abs() / want.abs().max(1e-9);
            assert!(error < 1e-5, "{}: {what}: {got}, not {want}", gpu.tuning().name);
        };
        near(column_sum(&x).read_f32().unwrap()[0], total, "column_sum");
        near(sum(&x).read_f32().unwrap()[0], total, "sum");
        let (means, deviations) = column_statistics(&x);
        near(means.read_f32().unwrap()[0], mean, "mean");
        near(deviations.read_f32().unwrap()[0], variance.sqrt(), "deviation");
        let tape = Tape::inference();
        let [gamma, beta] =
            [2.0, 5.0].map(|value| Var::constant(Tensor::from_f32(gpu, &[LARGE[1]], &[value; LARGE[1]])));
        let [positions, channels] = LARGE;
        let values: Vec<f32> = (0..positions * channels).map(|i| (i % 4) as f32).collect();
        let image = Var::constant(Tensor::from_f32(gpu, &[1, positions, channels], &values));
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let args = Args { x: &image, gamma: &gamma, beta: &beta, modulation: None, residual: None };
        let y = group_norm(&tape, args, &GroupNorm { groups: 1, eps: 1e-5, silu: false }).value.read_f32().unwrap();
        for i in [0, 1, 2, 3, y.len() - 1] {
            let want = 2.0 * (f64::from(values[i]) - mean) / (variance + 1e-5).sqrt() + 5.0;
            near(y[i], want, "group_norm");
        }
    }
}

/// Mesa's software Vulkan leaves a loop when all loops of an invocation together have turned 65,535 times.
#[test]
fn a_row_too_long_for_the_loops_of_software_vulkan_is_refused() {
    let Some(_) = common::gpu() else { return };
    for tuning in tunings() {
        let Ok(gpu) = &Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        let probabilities = |length: usize| {
            let row = Var::constant(Tensor::from_f32(gpu, &[1, length], &vec![1.0; length]));
            softmax(&Tape::inference(), &row, 1.0).value.read_f32()
        };
        let longest = ((65_535 - 18) / 3 - 1) * gpu.tuning().reduction.invocations as usize;
        for p in probabilities(longest).unwrap() {
            assert!((f64::from(p) * longest as f64 - 1.0).abs() < 1e-4, "{}: {p}", gpu.tuning().name);
        }
        if gpu.capabilities().software {
            let refusal = probabilities(longest + 1).unwrap_err().to_string();
            assert!(refusal.contains("software Vulkan leaves its loops after 65535"), "{refusal}");
        }
    }
}

/// The loops of kernels on large sizes that a configuration may have end before software Vulkan leaves them; longer ones are refused.
#[test]
fn long_loops_are_split_or_refused() {
    for tuning in tunings().into_iter().filter(|tuning| tuning.software_kernels.is_some()) {
        let tried = |run: &dyn Fn(&Gpu)| {
            let gpu = Gpu::on_paper_tuned(&software(&tuning), |_| tuning.clone()).unwrap();
            run(&gpu);
            gpu.check().map_err(|error| error.to_string())
        };
        let image = |gpu: &Gpu, shape: &[usize]| Var::constant(Tensor::empty_f32(gpu, shape));
        let norm = |gpu: &Gpu, channels: usize| {
            let tape = Tape::recording();
            let x = tape.leaf(Tensor::empty_f32(gpu, &[1, 300, 300, channels]));
            let [gamma, beta] = [(); 2].map(|()| image(gpu, &[channels]));
            let args = Args { x: &x, gamma: &gamma, beta: &beta, modulation: None, residual: None };
            let y = group_norm(&tape, args, &GroupNorm { groups: 2, eps: 1e-5, silu: true });
            let dy = y.value.clone();
            drop(tape.backward([(y, dy)]));
        };
        // One chunk per sample would do, but a loop over 90,000 positions would not.
        assert_eq!(tried(&|gpu| norm(gpu, 2048)), Ok(()));
        let projected = |gpu: &Gpu, side: usize| {
            let tape = Tape::recording();
            let x = tape.leaf(Tensor::empty_f32(gpu, &[1, side, side, 16]));
            let [qkv, out, bias] = [&[1, 1, 16, 384][..], &[1, 1, 128, 16], &[16]].map(|shape| image(gpu, shape));
            let projections = Projections { qkv: &qkv, out: &out, bias: &bias };
            let y = projected_linear_attention(&tape, &x, projections, 4);
            let dy = y.value.clone();
            drop(tape.backward([(y, dy)]));
        };
        assert_eq!(tried(&|gpu| projected(gpu, 256)), Ok(()));
        let weights = |gpu: &Gpu| {
            let [a, b] = [(); 2].map(|()| Tensor::empty_f32(gpu, &[1 << 22, 2]));
            matmul_tn_into(&a, &b, &Tensor::zeros(gpu, &[2, 2]), None);
            sum(&Tensor::empty_f32(gpu, &[(1 << 27) + 1]));
        };
        assert_eq!(tried(&weights), Ok(()));

        let is_refused = |what: &str, run: &dyn Fn(&Gpu)| {
            let refusal = tried(run).expect_err(what);
            let told = refusal.contains(&format!("{what} loops ")) && refusal.ends_with("choose a GPU with --device");
            assert!(told, "{refusal}");
        };
        is_refused("nearest_code", &|gpu| {
            nearest_code(&Tensor::empty_f32(gpu, &[8, 3]), &Tensor::empty_f32(gpu, &[1 << 16, 3]));
        });
        is_refused("residual_quantize", &|gpu| {
            residual_quantize(&Tensor::empty_f32(gpu, &[8, 3]), &Tensor::empty_f32(gpu, &[9, 1 << 13, 3]));
        });
        is_refused("pair_nearest", &|gpu| {
            pair_nearest(&Tensor::empty_f32(gpu, &[1, 4096]), &Tensor::empty_f32(gpu, &[2048, 4096]));
        });
        is_refused("matmul", &|gpu| {
            let (a, b) = (Tensor::empty_f32(gpu, &[1, 1 << 19]), Tensor::empty_f32(gpu, &[1 << 19, 1]));
            let size = Size::single([1, 1, 1 << 19], false);
            let c = Tensor::empty_f32(gpu, &[1, 1]);
            matmul(
                &size,
                Operand::dense(&a, 1, 1 << 19),
                Operand::dense(&b, 1 << 19, 1),
                None,
                Operand::dense(&c, 1, 1),
            );
        });
        is_refused("linear_attention_fwd_subgroup", &|gpu| {
            drop(linear_attention(&Tape::inference(), &image(gpu, &[1, 1 << 18, 96]), 1));
        });
        is_refused("linear_attention_fwd", &|gpu| {
            drop(linear_attention(&Tape::inference(), &image(gpu, &[1, 1 << 16, 48]), 1));
        });
    }
}

/// Where element (outer, inner, row, column) of an operand is, and how many elements it takes.
#[derive(Clone, Copy)]
struct Strides {
    base: usize,
    outer: usize,
    inner: usize,
    row: usize,
}

impl Strides {
    fn at(&self, [outer, inner]: [usize; 2], row: usize, column: usize) -> usize {
        self.base + outer * self.outer + inner * self.inner + row * self.row + column
    }

    fn of<'a>(&self, tensor: &'a Tensor) -> Operand<'a> {
        let &Self { base, outer, inner, row } = self;
        Operand { tensor, row, outer, inner, base }
    }
}

/// Batches in two dimensions that share rows, as attention heads do; a base; sums whose length no width divides; both element types.
#[test]
fn products_of_strided_operands_are_right_and_write_nothing_else() {
    let Some(_) = common::gpu() else { return };
    let batches = [2, 3];
    for tuning in tunings() {
        let Ok(gpu) = &Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        for [m, n, k] in [[5, 7, 9], [12, 8, 16], [33, 20, 6]] {
            for [a_dtype, b_dtype] in [[Dtype::F32; 2], [Dtype::F16, Dtype::F32], [Dtype::F32, Dtype::F16]] {
                if a_dtype != b_dtype && !gpu.capabilities().f16 {
                    continue;
                }
                // A head's columns are contiguous, the heads of a row adjacent.
                let strides = |rows: usize, columns: usize| {
                    let row = batches[1] * columns + 4;
                    Strides { base: 4, outer: (rows + 1) * row, inner: columns, row }
                };
                let tensor = |strides: Strides, dtype: Dtype, seed: usize| {
                    let length = strides.base + batches[0] * strides.outer;
                    let values: Vec<f32> = (0..length).map(|i| ((i * seed) % 17) as f32 / 8.0 - 1.0).collect();
                    (stored_as(&Tensor::from_f32(gpu, &[length], &values), dtype), values)
                };
                let all = (0..batches[0]).flat_map(|outer| (0..batches[1]).map(move |inner| [outer, inner]));
                let size = Size { m, n, k, batches, add: false };
                let c_at = strides(m, n);
                for form in ["matmul", "matmul_nt", "matmul_tn"] {
                    let a_at = if form == "matmul_tn" { strides(k, m) } else { strides(m, k) };
                    let b_at = if form == "matmul_nt" { strides(n, k) } else { strides(k, n) };
                    let (a, a_values) = tensor(a_at, a_dtype, 5);
                    let (b, b_values) = tensor(b_at, b_dtype, 7);
                    let (c, mut want) = tensor(c_at, Dtype::F32, 3);
                    match form {
                        "matmul" => matmul(&size, a_at.of(&a), b_at.of(&b), None, c_at.of(&c)),
                        "matmul_nt" => matmul_nt(&size, a_at.of(&a), b_at.of(&b), None, c_at.of(&c)),
                        _ => matmul_tn(&size, a_at.of(&a), b_at.of(&b), c_at.of(&c)),
                    }
                    for batch in all.clone() {
                        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                            let term = |l: usize| {
                                let a = if form == "matmul_tn" { a_at.at(batch, l, i) } else { a_at.at(batch, i, l) };
                                let b = if form == "matmul_nt" { b_at.at(batch, j, l) } else { b_at.at(batch, l, j) };
                                a_values[a] * b_values[b]
                            };
                            want[c_at.at(batch, i, j)] = (0..k).map(term).sum();
                        }
                    }
                    // Multiples of 1/8: products and sums are exact.
                    let what = format!("{}: {form} {m}x{n}x{k} of {a_dtype:?} and {b_dtype:?}", gpu.tuning().name);
                    assert!(c.read_f32().unwrap() == want, "{what}");
                }
            }
        }
    }
}

#[test]
fn ties_go_to_the_first_code_and_an_index_beyond_the_table_gives_zeros() {
    let Some(_) = common::gpu() else { return };
    for tuning in tunings() {
        let Ok(gpu) = &Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        for d in [1, 4, 64] {
            let rows = |firsts: &[f32]| -> Vec<f32> {
                firsts.iter().flat_map(|&x| std::iter::once(x).chain(std::iter::repeat_n(0.0, d - 1))).collect()
            };
            let quantizer = ResidualQuantizer::new(gpu, 1, 5, d);
            quantizer.books.write_f32(&rows(&[3.0, 1.0, -1.0, 1.0, 3.0]));
            let vectors = Tensor::from_f32(gpu, &[4, d], &rows(&[0.0, 1.0, 2.0, 3.0]));
            assert_eq!(quantizer.quantize(&vectors).indices.read_u32().unwrap(), [1, 1, 0, 0], "{d}");
            assert_eq!(nearest_code(&vectors, &quantizer.books.reshape(&[5, d])).read_u32().unwrap(), [1, 1, 0, 0]);
        }
        let table = Var::constant(Tensor::from_f32(gpu, &[2, 2], &[1.0, 2.0, 3.0, 4.0]));
        let indices = Tensor::from_u32(gpu, &[4], &[1, 2, u32::MAX, 0]);
        let rows = embedding(&Tape::inference(), &table, &indices).value.read_f32().unwrap();
        assert_eq!(rows, [3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]);
    }
}

/// More bind groups than are kept: shapes that change all the time.
#[test]
fn bind_groups_are_bounded_and_results_stay_right() {
    const MOST: usize = 16_384;
    if common::gpu().is_none() {
        return;
    }
    // A separate device, whose counters no other test moves.
    let gpu = &Gpu::open(None).unwrap();
    let tape = Tape::inference();
    let length = MOST / 2 + 100;
    let x = Tensor::from_f32(gpu, &[length], &vec![1.5; length]);
    let y = Tensor::zeros(gpu, &[length]);
    let mut most = 0;
    for pass in 0..3 {
        for i in 1..=length {
            let part = Var::constant(x.view(0, &[i]));
            let doubled = add(&tape, &part, &part).value;
            if i == length || i % 1024 == 1 {
                y.view(0, &[i]).copy_from(&doubled);
                assert_eq!(y.view(0, &[i]).read_f32().unwrap(), vec![3.0; i], "pass {pass}, {i}");
                y.clear();
            }
        }
        most = most.max(gpu.counters().bind_groups);
        assert!(gpu.counters().bind_groups <= MOST);
    }
    assert!(most > MOST / 2 - 200, "only {most} bind groups");
}
