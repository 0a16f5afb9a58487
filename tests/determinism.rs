//! The same inputs give the same bits, regardless of previous contents of memory.

mod common;

use common::cases::bits;
use flocoder::tensor::Tensor;

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
