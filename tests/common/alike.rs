//! Two devices that have to compute the same bits.

use std::collections::HashMap;

use flocoder::bench::{Size, cases};
use flocoder::gpu::{Gpu, Tuning};
use flocoder::sample::{Generator, Request, bundled};
use flocoder::tensor::Tensor;

use super::cases::bits;

/// The adapter in use with its own tuning, changed in two ways; `None` without an adapter.
pub fn devices(changes: [fn(Tuning) -> Tuning; 2]) -> Option<[Gpu; 2]> {
    let tuning = Tuning::of(super::gpu()?.capabilities());
    Some(changes.map(|change| Gpu::open_tuned(None, false, |_| Ok(change(tuning.clone()))).unwrap()))
}

/// Compares up to `most` cases of each kernel.
pub fn compare_kernels(gpus: &[Gpu; 2], most: usize) {
    let mut seen = HashMap::new();
    for case in cases::all(Size::Awkward, gpus[0].capabilities()) {
        let count: &mut usize = seen.entry(case.kernel).or_default();
        *count += 1;
        if *count > most {
            continue;
        }
        let [expected, found] = gpus.each_ref().map(|gpu| {
            let inputs: Vec<Tensor> = case.inputs.iter().map(|input| input.upload(gpu)).collect();
            bits(gpu, &case, &inputs)
        });
        assert!(expected == found, "{} {}", case.kernel, case.shape);
    }
}

/// Compares a sample of the bundled models.
pub fn compare_samples(gpus: &[Gpu; 2]) {
    let [expected, found] = gpus.each_ref().map(|gpu| {
        let generator = Generator::of(gpu, bundled::flow().unwrap()).unwrap();
        let sampling = generator.config.flow.sampling.with(Some(3), None);
        generator.generate(gpu, &Request { count: 1, batch: 1, ..Request::default() }, &sampling).unwrap()
    });
    assert!(expected == found);
    assert!(!expected[0].notes().is_empty());
}
