//! A choice between two tensors, element by element.

use crate::gpu::Gpu;
use crate::ops::elementwise::{add, multiply};
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Elements inside and outside of a set.
#[derive(Clone)]
pub struct Mask {
    /// 1 inside, 0 outside.
    pub inside: Tensor,
    /// The inverse.
    pub outside: Tensor,
}

impl Mask {
    /// The set of the elements whose group of `shape.product() / groups.len()` elements, one after the other, is in it.
    pub fn new(gpu: &Gpu, shape: &[usize], groups: &[bool]) -> Self {
        let size = shape.iter().product::<usize>() / groups.len();
        let mask = |is: bool| {
            let values = groups.iter().flat_map(|&group| std::iter::repeat_n(f32::from(u8::from(group == is)), size));
            Tensor::from_f32(gpu, shape, &values.collect::<Vec<_>>())
        };
        Self { inside: mask(true), outside: mask(false) }
    }

    /// One tensor inside of the set, another outside.
    pub fn choose(&self, inside: &Tensor, outside: &Tensor) -> Tensor {
        sum(&product(inside, &self.inside), &product(outside, &self.outside))
    }
}

/// The product of two tensors.
pub fn product(a: &Tensor, b: &Tensor) -> Tensor {
    multiply(&Tape::inference(), &Var::constant(a.clone()), &Var::constant(b.clone())).value
}

/// The sum of two tensors.
pub fn sum(a: &Tensor, b: &Tensor) -> Tensor {
    add(&Tape::inference(), &Var::constant(a.clone()), &Var::constant(b.clone())).value
}
