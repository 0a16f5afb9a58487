//! Kernels that read `Params` from a uniform binding, as adapters without immediates do, give the same bits as with immediates.

mod common;

use std::collections::HashSet;

use common::cases::bits;
use flocoder::bench::{Size, cases};
use flocoder::gpu::{Gpu, Tuning};
use flocoder::sample::{Generator, Request, bundled};
use flocoder::shader::ParamsSpace;
use flocoder::tensor::Tensor;

/// A device of the adapter in use with `Params` in an address space; `None` without an adapter.
fn gpu(tuning: &Tuning, params: ParamsSpace) -> Option<Gpu> {
    common::gpu()?;
    Some(Gpu::open_tuned(None, false, |_| Ok(Tuning { params, ..tuning.clone() })).unwrap())
}

/// One case of each kernel: `scripts/test` runs all of them under a tuning with uniform bindings.
#[test]
fn every_kernel_agrees() {
    let Some(gpu_in_use) = common::gpu() else { return };
    let tuning = Tuning::of(gpu_in_use.capabilities());
    let immediate = gpu(&tuning, ParamsSpace::Immediate).unwrap();
    let uniform = gpu(&tuning, ParamsSpace::Uniform).unwrap();
    let mut seen = HashSet::new();
    for case in cases::all(Size::Awkward, immediate.capabilities()) {
        if !seen.insert(case.kernel) {
            continue;
        }
        let [expected, found] = [&immediate, &uniform].map(|gpu| {
            let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
            bits(gpu, &case, &inputs)
        });
        assert!(expected == found, "{} {}", case.kernel, case.shape);
    }
    assert!(uniform.variants().iter().all(|variant| variant.params == ParamsSpace::Uniform));
}

#[test]
fn a_sample_is_the_same() {
    let Some(gpu_in_use) = common::gpu() else { return };
    let tuning = Tuning::of(gpu_in_use.capabilities());
    let rolls = [ParamsSpace::Immediate, ParamsSpace::Uniform].map(|params| {
        let gpu = gpu(&tuning, params).unwrap();
        let generator = Generator::of(&gpu, bundled::flow().unwrap()).unwrap();
        let sampling = generator.config.flow.sampling.with(Some(3), None);
        generator.generate(&gpu, &Request { count: 1, batch: 1, ..Request::default() }, &sampling).unwrap()
    });
    assert!(rolls[0] == rolls[1]);
    assert!(!rolls[0][0].notes().is_empty());
}
