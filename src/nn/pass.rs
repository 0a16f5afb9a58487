//! What one forward pass works with.

use super::{ParamId, Params, Stack};
use crate::dtype::Dtype;
use crate::ops::cast::cast;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// One forward pass: where it is recorded, with which parameters, and what it draws at random.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// Where operations are recorded.
    pub tape: &'a Tape,
    /// The network's parameters.
    pub params: &'a Params,
    seed: Option<u64>,
    halves: Option<&'a Tensor>,
}

impl<'a> Pass<'a> {
    /// A pass without dropout and noise.
    pub fn new(tape: &'a Tape, params: &'a Params) -> Self {
        Self { tape, params, seed: None, halves: None }
    }

    /// A pass with dropout and noise, drawn from `seed`, which each training step should have of its own.
    pub fn training(tape: &'a Tape, params: &'a Params, seed: u64) -> Self {
        Self { tape, params, seed: Some(seed), halves: None }
    }

    /// The same with activations stored in f16 and products by `halves`, the weights as [`Params::in_f16`] rounds them. Without
    /// them it stays in f32.
    pub fn in_f16(self, halves: Option<&'a Tensor>) -> Self {
        Self { halves, ..self }
    }

    /// What comes into a network from outside, stored as its activations are.
    pub fn enter(&self, x: &Var) -> Var {
        cast(self.tape, x, if self.halves.is_some() { Dtype::F16 } else { Dtype::F32 })
    }

    /// What a network gives to the outside, in f32.
    pub fn leave(&self, y: &Var) -> Var {
        cast(self.tape, y, Dtype::F32)
    }

    /// The seed of what is drawn at random, if anything is.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The parameter `id` in f32: what is added, or scales by channel.
    pub fn var(&self, id: ParamId) -> Var {
        self.params.var(id)
    }

    /// The parameter `id` as products take it, stored as the activations are.
    pub fn weight(&self, id: ParamId) -> Var {
        self.halves.map_or_else(|| self.params.var(id), |halves| self.params.var_in(halves, id))
    }

    /// Several parameters as one, in f32.
    pub fn stack(&self, stack: &Stack) -> Var {
        self.params.stack(stack)
    }

    /// Several parameters as one, as products take it.
    pub fn weights(&self, stack: &Stack) -> Var {
        self.halves.map_or_else(|| self.params.stack(stack), |halves| self.params.stack_in(halves, stack))
    }
}
