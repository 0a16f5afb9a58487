//! A NaN or an infinity reaches every output that depends on it, and few others.
//!
//! A maximum, a comparison or a sign of NaN may hide it, and then training goes on with wrong numbers. Vectors without a nearest code have
//! code 0 and a loss that is not finite.

mod common;

use common::cases::tunings;
use common::non_finite::differences;
use flocoder::bench::{Case, Size, cases};
use flocoder::dtype::Dtype;
use flocoder::gpu::{Gpu, MatrixUnits, Products, Tuning};
use flocoder::nn::quantizer::{QuantizerSettings, ResidualQuantizer};
use flocoder::ops::cast::stored_as;
use flocoder::ops::conv::{conv_dw, conv_dx, conv_fwd};
use flocoder::ops::matmul::{Operand, Size as MatmulSize, matmul, matmul_nt, matmul_tn_into};
use flocoder::tape::Place;
use flocoder::tensor::Tensor;

/// The outputs of a case on a device, and their element types.
fn run(gpu: &Gpu, case: &Case) -> Vec<(Dtype, Vec<f64>)> {
    let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
    let values = |output: &Tensor| match output.dtype() {
        Dtype::U32 => output.read_u32().unwrap().into_iter().map(f64::from).collect(),
        _ => output.read_f32().unwrap().into_iter().map(f64::from).collect(),
    };
    (case.run)(gpu, &inputs).iter().map(|output| (output.dtype(), values(output))).collect()
}

#[test]
fn every_output_that_depends_on_a_non_finite_input_is_non_finite() {
    let Some(_) = common::gpu() else { return };
    for tuning in tunings() {
        let gpu = match Gpu::open_tuned(None, true, |_| Ok(tuning)) {
            Ok(gpu) => gpu,
            Err(error) => {
                eprintln!("skipped: {error}");
                continue;
            }
        };
        let cases = cases::all(Size::Awkward, gpu.capabilities());
        let found = differences(cases, &[f64::NAN, f64::INFINITY], |case| run(&gpu, case));
        assert!(found.is_empty(), "{} tuning:\n{}", gpu.tuning().name, found.join("\n"));
    }
}

/// Sums are computed in steps of several terms. Terms beyond the last one are zeros of both operands, since zero times an infinity is a
/// NaN: an infinity in the last term stays one, and reaches its column alone.
#[test]
fn the_last_term_of_a_ragged_sum_is_multiplied_once() {
    let Some(gpu) = common::gpu() else { return };
    let units = gpu.capabilities().subgroup_size.map(|lanes| MatrixUnits { side: 16, lanes, emulated: true });
    let on_units = units
        .filter(|_| gpu.capabilities().f16)
        .map(|units| Tuning { tile: Some([32, 32]), ..Tuning::gpu(Some(units)) });
    for tuning in tunings().into_iter().chain(on_units) {
        let dtype = if matches!(tuning.products, Products::Matrix(_)) { Dtype::F16 } else { Dtype::F32 };
        let Ok(gpu) = Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        for (value, k, [m, n]) in [f32::INFINITY, f32::NAN].into_iter().flat_map(|value| {
            [1, 3, 6, 19].into_iter().flat_map(move |k| [[5, 7], [4, 8]].map(|sizes| (value, k, sizes)))
        }) {
            let name = format!("{} {:?}, k {k}, n {n}", gpu.tuning().name, gpu.tuning().products);
            let column = n / 2;
            // A tensor of 1/4, with the value at an element.
            let tensor = |shape: &[usize], at: Option<usize>| {
                let mut values = vec![0.25; shape.iter().product()];
                at.into_iter().for_each(|at| values[at] = value);
                stored_as(&Tensor::from_f32(&gpu, shape, &values), dtype)
            };
            // In the given column, all elements are the value; all others are finite.
            let reaches = |what: &str, c: &Tensor, columns: usize, column: usize| {
                for (at, got) in c.read_f32().unwrap().into_iter().enumerate() {
                    let want = if at % columns == column { value } else { 0.0 };
                    let alike = got == want || got.is_nan() && want.is_nan() || got.is_finite() && want.is_finite();
                    assert!(alike, "{name}: {what}[{at}] is {got}, not {want}");
                }
            };
            let c = || Tensor::empty_f32(&gpu, &[m, n]);
            let size = MatmulSize::single([m, n, k], false);
            let (a, b) = (tensor(&[m, k], None), tensor(&[k, n], Some((k - 1) * n + column)));
            let [to, to_nt, to_tn] = [c(), c(), Tensor::zeros(&gpu, &[m, n])];
            matmul(&size, Operand::dense(&a, m, k), Operand::dense(&b, k, n), None, Operand::dense(&to, m, n));
            reaches("matmul", &to, n, column);
            let b_t = tensor(&[n, k], Some(column * k + k - 1));
            matmul_nt(&size, Operand::dense(&a, m, k), Operand::dense(&b_t, n, k), None, Operand::dense(&to_nt, m, n));
            reaches("matmul_nt", &to_nt, n, column);
            let bias = Tensor::zeros(&gpu, &[n]);
            matmul_tn_into(&tensor(&[k, m], None), &b, &to_tn, Some(&bias));
            reaches("matmul_tn", &to_tn, n, column);
            reaches("matmul_tn, bias", &bias, n, column);
            // The tap at the middle meets no padding.
            let (x, middle) = (tensor(&[1, 3, 5, k], None), 4 * k * n);
            for stride in [1, 2] {
                let y = Tensor::empty(&gpu, &[1, 3usize.div_ceil(stride), 5usize.div_ceil(stride), n], dtype);
                conv_fwd(&x, &tensor(&[3, 3, k, n], Some(middle + (k - 1) * n + column)), None, stride, &y);
                reaches("conv_fwd", &y, n, column);
            }
            let dx = Place { tensor: Tensor::empty(&gpu, &[1, 3, 5, n], dtype), add: false };
            conv_dx(&x, &tensor(&[3, 3, n, k], Some(middle + column * k + k - 1)), 1, &dx);
            reaches("conv_dx", &dx.tensor, n, column);
            let dw = Tensor::zeros(&gpu, &[3, 3, m, n]);
            conv_dw(&tensor(&[1, 1, k, m], None), &tensor(&[1, 1, k, n], Some((k - 1) * n + column)), 1, &dw, None);
            let of_middle = Tensor::from_f32(&gpu, &[m, n], &dw.read_f32().unwrap()[4 * m * n..5 * m * n]);
            reaches("conv_dw", &of_middle, n, column);
        }
    }
}

/// A NaN in a vector, one in a code, and distances that overflow.
#[test]
fn vectors_without_a_nearest_code_have_the_first_and_no_finite_loss() {
    let Some(gpu) = common::gpu() else { return };
    let settings = QuantizerSettings {
        decay: 0.9,
        epsilon: 1e-5,
        commitment: 1.0,
        dead_code_threshold: 0.0,
        dead_code_fraction: 0.0,
        seed: 0,
    };
    for tuning in tunings() {
        let Ok(gpu) = Gpu::open_tuned(None, true, |_| Ok(tuning)) else { continue };
        for d in [2, 4, 64] {
            let quantizer = ResidualQuantizer::new(&gpu, 1, 3, d);
            let rows = |firsts: &[f32]| {
                firsts.iter().flat_map(|&x| [vec![x], vec![0.0; d - 1]].concat()).collect::<Vec<f32>>()
            };
            quantizer.books.write_f32(&rows(&[f32::NAN, 1.0, 3.0]));
            let quantized = |firsts: &[f32]| {
                let vectors = Tensor::from_f32(&gpu, &[firsts.len(), d], &rows(firsts));
                let quantized = quantizer.quantize_with_loss(&vectors, &settings);
                (quantized.quantized.indices.read_u32().unwrap(), quantized.commitment.read_f32().unwrap()[0])
            };
            // A code that is not finite is nearest to no vector that is.
            assert_eq!(quantized(&[0.0, 9.0]).0, [1, 2]);
            assert!(quantized(&[0.0, 9.0]).1.is_finite());
            for bad in [f32::NAN, f32::INFINITY, 1e30] {
                let (indices, loss) = quantized(&[9.0, bad]);
                assert_eq!(indices, [2, 0], "{bad}");
                assert!(!loss.is_finite(), "{bad}: {loss}");
            }
        }
    }
    gpu.check().unwrap();
}
