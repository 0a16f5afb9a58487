//! The same inputs give the same bits, regardless of previous contents of memory.

mod common;

use flocoder::bench::Case;
use flocoder::dtype::Dtype;
use flocoder::gpu::Gpu;
use flocoder::tensor::Tensor;

/// Every output of a run, bit for bit.
fn bits(gpu: &Gpu, case: &Case, inputs: &[Tensor]) -> Vec<Vec<u32>> {
    let of_output = |output: &Tensor| match output.dtype() {
        Dtype::F32 | Dtype::F16 => output.read_f32().unwrap().into_iter().map(f32::to_bits).collect(),
        Dtype::U32 => output.read_u32().unwrap(),
    };
    (case.run)(gpu, inputs).iter().map(of_output).collect()
}

#[test]
fn every_kernel_gives_the_same_bits_twice() {
    let Some(gpu) = common::gpu() else { return };
    for case in common::cases::awkward(gpu.capabilities()) {
        let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
        let first = bits(gpu, &case, &inputs);
        gpu.poison_new_buffers(true);
        let second = bits(gpu, &case, &inputs);
        gpu.poison_new_buffers(false);
        assert_eq!(first, second, "{} {}", case.kernel, case.shape);
    }
}
