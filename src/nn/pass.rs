//! The context of a forward pass.

use super::{ParamId, Params, Stack};
use crate::dtype::Dtype;
use crate::ops::cast::cast;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// A forward pass: its tape, its parameters, the seed of dropout and noise, and the format of activations.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The tape that records the operations.
    pub tape: &'a Tape,
    /// The network's parameters.
    pub params: &'a Params,
    seed: Option<u64>,
    f16_weights: Option<&'a Tensor>,
}

impl<'a> Pass<'a> {
    /// A pass without dropout and noise.
    pub fn new(tape: &'a Tape, params: &'a Params) -> Self {
        Self { tape, params, seed: None, f16_weights: None }
    }

    /// A pass with dropout and noise, drawn from `seed`. Each training step needs a different one.
    pub fn training(tape: &'a Tape, params: &'a Params, seed: u64) -> Self {
        Self { tape, params, seed: Some(seed), f16_weights: None }
    }

    /// The same with activations stored in f16 and products by `f16_weights`, which [`Params::in_f16`] makes; without these, all in
    /// f32.
    pub fn in_f16(self, f16_weights: Option<&'a Tensor>) -> Self {
        Self { f16_weights, ..self }
    }

    /// Converts an input of a network to the format of its activations.
    pub fn enter(&self, x: &Var) -> Var {
        cast(self.tape, x, if self.f16_weights.is_some() { Dtype::F16 } else { Dtype::F32 })
    }

    /// Converts an output of a network to f32.
    pub fn leave(&self, y: &Var) -> Var {
        cast(self.tape, y, Dtype::F32)
    }

    /// The seed of dropout and noise; `None` outside training.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The parameter `id` in f32, for biases and scales per channel.
    pub fn var(&self, id: ParamId) -> Var {
        self.params.var_in(None, id, self.tape.is_recording())
    }

    /// The parameter `id` in the format of the activations, for products.
    pub fn weight(&self, id: ParamId) -> Var {
        self.params.var_in(self.f16_weights, id, self.tape.is_recording())
    }

    /// Several parameters as one, in f32.
    pub fn stack(&self, stack: &Stack) -> Var {
        self.params.stack_in(None, stack, self.tape.is_recording())
    }

    /// Several parameters as one, in the format of the activations, for products.
    pub fn weights(&self, stack: &Stack) -> Var {
        self.params.stack_in(self.f16_weights, stack, self.tape.is_recording())
    }
}
