//! What one forward pass works with.

use super::{ParamId, Params};
use crate::tape::{Tape, Var};

/// One forward pass: where it is recorded, with which parameters, and what it draws at random.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// Where operations are recorded.
    pub tape: &'a Tape,
    /// The network's parameters.
    pub params: &'a Params,
    seed: Option<u64>,
}

impl<'a> Pass<'a> {
    /// A pass without dropout and noise.
    pub fn new(tape: &'a Tape, params: &'a Params) -> Self {
        Self { tape, params, seed: None }
    }

    /// A pass with dropout and noise, drawn from `seed`, which each training step should have of its own.
    pub fn training(tape: &'a Tape, params: &'a Params, seed: u64) -> Self {
        Self { tape, params, seed: Some(seed) }
    }

    /// The seed of what is drawn at random, if anything is.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The parameter `id`.
    pub fn var(&self, id: ParamId) -> Var {
        self.params.var(id)
    }
}
