//! Kernels that load and store pairs of f32 as integers of 64 bits give the same bits as those that do not.

mod common;

use common::alike::{compare_kernels, compare_samples, devices};
use flocoder::gpu::{Gpu, Tuning};
use naga::{Module, Scalar, TypeInner, VectorSize};

/// `None` without an adapter, or where its shaders have no integers of 64 bits.
fn gpus() -> Option<[Gpu; 2]> {
    let gpus = devices([|tuning| Tuning { pairs: false, ..tuning }, |tuning| Tuning { pairs: true, ..tuning }])?;
    gpus[1].tuning().pairs.then_some(gpus)
}

#[test]
fn every_kernel_agrees() {
    let Some(gpus) = gpus() else { return };
    compare_kernels(&gpus, 4);
}

/// The sample is the same, and every kernel in it that has vectors loads them as pairs.
#[test]
fn a_sample_is_the_same() {
    let Some(gpus) = gpus() else { return };
    compare_samples(&gpus);
    let (mut paired, mut vectors) = (0, 0);
    for variant in gpus[1].variants() {
        let mut parsed = variant.parsed();
        vectors += usize::from(has_vectors(&parsed.module));
        paired += usize::from(parsed.pair());
    }
    assert!(paired >= 15 && paired == vectors, "{paired} of {vectors} with vectors");
}

/// Whether a binding is an array of vectors of two or four f32.
fn has_vectors(module: &Module) -> bool {
    module.global_variables.iter().filter(|(_, variable)| variable.binding.is_some()).any(|(_, variable)| {
        let TypeInner::Array { base, .. } = module.types[variable.ty].inner else { return false };
        let TypeInner::Vector { size, scalar: Scalar::F32 } = module.types[base].inner else { return false };
        size != VectorSize::Tri
    })
}
