//! Variables: tensors with their origin on a tape.

use crate::gpu::Gpu;
use crate::tensor::Tensor;

/// A tensor and its origin on a tape.
#[derive(Clone, Debug)]
pub struct Var {
    /// The value.
    pub value: Tensor,
    pub(super) origin: Origin,
}

/// Where a variable comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// Nothing to differentiate.
    Constant,
    /// The output of a node of a tape.
    Node { tape: u64, node: usize },
    /// A parameter; its gradient is added to this view of the arena.
    Parameter(Tensor),
}

impl Var {
    /// A value without a gradient.
    pub fn constant(value: Tensor) -> Self {
        Self { value, origin: Origin::Constant }
    }

    /// A parameter whose gradient is added to `gradient`.
    #[track_caller]
    pub fn parameter(value: Tensor, gradient: Tensor) -> Self {
        assert_eq!(value.len(), gradient.len(), "parameter: value and gradient");
        Self { value, origin: Origin::Parameter(gradient) }
    }

    /// Whether it has a gradient.
    pub fn is_differentiable(&self) -> bool {
        !matches!(self.origin, Origin::Constant)
    }

    /// The end of a parameter in the arena, in elements.
    pub(super) fn parameter_end(&self) -> Option<usize> {
        match &self.origin {
            Origin::Parameter(gradient) => Some(gradient.start() + gradient.len()),
            Origin::Constant | Origin::Node { .. } => None,
        }
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[usize] {
        self.value.shape()
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        self.value.gpu()
    }
}
