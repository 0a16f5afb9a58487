//! Kernels that read `Params` from a uniform binding, as adapters without immediates do, give the same bits as with immediates.

mod common;

use common::alike::{compare_kernels, compare_samples, devices};
use flocoder::gpu::{Gpu, Tuning};
use flocoder::shader::ParamsSpace;

fn gpus() -> Option<[Gpu; 2]> {
    devices([
        |tuning| Tuning { params: ParamsSpace::Immediate, ..tuning },
        |tuning| Tuning { params: ParamsSpace::Uniform, ..tuning },
    ])
}

/// One case of each kernel: `scripts/test` runs all of them under a tuning with uniform bindings.
#[test]
fn every_kernel_agrees() {
    let Some(gpus) = gpus() else { return };
    compare_kernels(&gpus, 1);
    assert!(gpus[1].variants().iter().all(|variant| variant.params == ParamsSpace::Uniform));
}

#[test]
fn a_sample_is_the_same() {
    let Some(gpus) = gpus() else { return };
    compare_samples(&gpus);
}
