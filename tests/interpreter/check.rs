//! Cases recorded on paper and interpreted.

use flocoder::bench::Case;
use flocoder::bench::case::output_error;
use flocoder::dtype::Dtype;
use flocoder::gpu::recorder::Range;
use flocoder::gpu::{Bind, Gpu, MatrixUnits, Paper, Tuning};
use flocoder::reference::Array;
use flocoder::tensor::Tensor;
use half::f16;

use super::findings::{Fault, Findings};
use super::memory::Memory;
use super::replay::Interpreter;

/// A GPU on paper with a tuning.
#[track_caller]
pub fn paper(subgroup: [u32; 2], matrix: Option<MatrixUnits>, tuning: Tuning) -> Gpu {
    let paper = Paper { name: "interpreter", subgroup, matrix, ..Paper::all().remove(0) };
    Gpu::on_paper_tuned(&paper, |_| tuning).unwrap()
}

/// Interprets cases with subgroups of so many lanes, and returns the names of the kernels that ran. Panics at a wrong result, and at a
/// fault that is not allowed to its kernel and array.
#[track_caller]
pub fn interpret_all(
    gpu: &Gpu,
    lanes: usize,
    cases: impl IntoIterator<Item = Case>,
    allowed: impl Fn(&str, &str, Fault) -> bool,
) -> Vec<&'static str> {
    let mut interpreter = Interpreter::new(lanes);
    let (mut findings, mut wrong) = (Findings::default(), String::new());
    for case in cases {
        let error = interpret(gpu, &mut interpreter, &case, &mut findings);
        if error > case.bound {
            wrong += &format!("{} {}: {error:.1e} > {:.0e}\n", case.kernel, case.shape, case.bound);
        }
    }
    let findings = findings.except(allowed);
    assert!(findings.is_empty() && wrong.is_empty(), "{} tuning:\n{wrong}{findings}", gpu.tuning().name);
    interpreter.kernels().collect()
}

/// Interprets a case; returns the error of its outputs.
#[track_caller]
pub fn interpret(gpu: &Gpu, interpreter: &mut Interpreter, case: &Case, findings: &mut Findings) -> f64 {
    let outputs = outputs(gpu, interpreter, case, findings);
    let Some(reference) = &case.reference else { return 0.0 };
    let arrays: Vec<Array> = case.inputs.iter().map(|input| input.array()).collect();
    let pairs = outputs.iter().zip(reference(&arrays));
    pairs.map(|((dtype, got), want)| output_error(*dtype, got, &want.data)).fold(0.0, f64::max)
}

/// Interprets a case; returns its outputs and their element types.
#[track_caller]
pub fn outputs(
    gpu: &Gpu,
    interpreter: &mut Interpreter,
    case: &Case,
    findings: &mut Findings,
) -> Vec<(Dtype, Vec<f64>)> {
    gpu.start_recording();
    let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
    gpu.poison_new_buffers(true);
    let outputs = (case.run)(gpu, &inputs);
    gpu.poison_new_buffers(false);
    let mut memory = interpreter.run(gpu.finish_recording(), findings);
    outputs.iter().map(|output| (output.dtype(), read(&mut memory, output))).collect()
}

fn read(memory: &mut Memory, tensor: &Tensor) -> Vec<f64> {
    let view = tensor.bound();
    let bytes = memory.bytes(Range::from(&view));
    let words = || bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    match view.dtype {
        Dtype::F16 => bytes.chunks_exact(2).map(|x| f16::from_le_bytes([x[0], x[1]]).to_f64()).collect(),
        Dtype::F32 => words().map(|word| f64::from(f32::from_bits(word))).collect(),
        Dtype::U32 => words().map(f64::from).collect(),
    }
}
