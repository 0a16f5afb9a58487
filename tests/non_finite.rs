//! A NaN or an infinity reaches every output that depends on it, and few others.
//!
//! A maximum, a comparison or a sign of NaN may hide it, and then training goes on with wrong numbers. Vectors without a nearest code have
//! code 0 and a loss that is not finite.

mod common;

use common::cases::tunings;
use common::non_finite::differences;
use flocoder::bench::{Case, Size, cases};
use flocoder::dtype::Dtype;
use flocoder::gpu::Gpu;
use flocoder::nn::quantizer::{QuantizerSettings, ResidualQuantizer};
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
