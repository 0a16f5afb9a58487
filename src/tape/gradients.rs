//! Gradients during the sweep: where operations write their contributions, and how these are summed.

use super::accumulate::accumulate;
use super::var::{Origin, Var};
use crate::dtype::Dtype;
use crate::tensor::Tensor;

/// Where a kernel writes a gradient.
#[derive(Debug, Clone)]
pub struct Place {
    /// The tensor to write.
    pub tensor: Tensor,
    /// Whether it holds other contributions, to be added to. Otherwise its contents are undefined.
    pub add: bool,
}

impl Place {
    /// The tensor for a kernel that can only add: zeros if there is nothing to add to.
    pub fn zeroed(&self) -> &Tensor {
        if !self.add {
            self.tensor.clear();
        }
        &self.tensor
    }
}

/// The gradients known so far in a sweep.
pub struct Gradients {
    tape: u64,
    of_node: Vec<Option<Tensor>>,
}

impl Gradients {
    pub(super) fn new(tape: u64, nodes: usize) -> Self {
        Self { tape, of_node: vec![None; nodes] }
    }

    /// Lets `kernel` write the gradients of `vars`. The place of each is its part of the arena for a parameter, the sum of other
    /// contributions if it has this element type and its buffer is not shared, else a fresh tensor of this type. Nothing runs if no
    /// variable is differentiable; a constant among others gets a place that is dropped.
    #[track_caller]
    pub fn write<const N: usize>(&mut self, vars: [(&Var, Dtype); N], kernel: impl FnOnce([&Place; N])) {
        if !vars.iter().any(|(var, _)| var.is_differentiable()) {
            return;
        }
        let places = vars.map(|(var, dtype)| self.place(var, dtype));
        kernel(places.each_ref());
        for ((var, _), place) in vars.into_iter().zip(places) {
            if matches!(var.origin, Origin::Node { .. }) {
                self.add(var, place.tensor);
            }
        }
    }

    fn place(&mut self, var: &Var, dtype: Dtype) -> Place {
        let sum = match &var.origin {
            Origin::Constant => None,
            Origin::Parameter(gradient) => Some(gradient.clone()),
            Origin::Node { .. } => self.slot(var).take_if(|sum| sum.is_unique() && sum.dtype() == dtype),
        };
        let add = sum.is_some();
        let tensor = sum.map_or_else(|| Tensor::empty(var.gpu(), var.shape(), dtype), |sum| sum.reshape(var.shape()));
        Place { tensor, add }
    }

    /// Adds a contribution that is computed already: moved if it is the first, else summed.
    #[track_caller]
    pub fn add(&mut self, var: &Var, contribution: Tensor) {
        assert_eq!(var.value.len(), contribution.len(), "gradient {contribution:?} of {:?}", var.value);
        match &var.origin {
            Origin::Constant => {}
            Origin::Parameter(gradient) => accumulate(gradient, &contribution),
            Origin::Node { .. } => {
                let slot = self.slot(var);
                *slot = Some(match slot.take() {
                    None => contribution,
                    Some(sum) => summed(sum, contribution),
                });
            }
        }
    }

    /// The gradient of a leaf; `None` if nothing depends on it, or if it is not a variable of a recording tape.
    ///
    /// # Panics
    /// If the leaf is of another tape.
    #[track_caller]
    pub fn take(&mut self, leaf: &Var) -> Option<Tensor> {
        match leaf.origin {
            Origin::Node { .. } => self.slot(leaf).take(),
            _ => None,
        }
    }

    pub(super) fn take_node(&mut self, node: usize) -> Option<Tensor> {
        self.of_node[node].take()
    }

    #[track_caller]
    fn slot(&mut self, var: &Var) -> &mut Option<Tensor> {
        let Origin::Node { tape, node } = var.origin else { unreachable!("a node has a slot") };
        assert_eq!(tape, self.tape, "the gradient of {:?}, a variable of another tape", var.value);
        &mut self.of_node[node]
    }
}

/// The sum of two contributions, in place where a buffer is not shared.
fn summed(sum: Tensor, contribution: Tensor) -> Tensor {
    let (target, source) = if sum.is_unique() {
        (sum, contribution)
    } else if contribution.is_unique() {
        (contribution, sum)
    } else {
        let copy = Tensor::empty_like(&sum, sum.shape());
        copy.copy_from(&sum);
        (copy, contribution)
    };
    accumulate(&target, &source);
    target
}
