//! A sequence of layers, numbered as in PyTorch.

use super::{Pass, Scope};
use crate::tape::Var;

/// A layer with one input and one output.
pub trait Layer {
    /// The output for `x`.
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var;
}

/// Builds a sequence whose parameters are named by their layer's number: `0.weight`, `1.conv1.bias`, …
pub struct Sequential<'a> {
    scope: Scope<'a>,
    next: usize,
    layers: Vec<Box<dyn Layer>>,
}

impl<'a> Sequential<'a> {
    /// An empty sequence.
    pub fn new(scope: Scope<'a>) -> Self {
        Self { scope, next: 0, layers: Vec::new() }
    }

    /// Adds the layer that `build` makes at the next number.
    pub fn add<L: Layer + 'static>(&mut self, build: impl FnOnce(Scope<'_>) -> L) {
        let layer = build(self.scope.at(self.next));
        self.layers.push(Box::new(layer));
        self.next += 1;
    }

    /// Skips a number: PyTorch's layer of that number is fused into the one before it here.
    pub fn skip(&mut self) {
        self.next += 1;
    }

    /// All layers as one.
    pub fn finish(self) -> Chain {
        Chain { layers: self.layers }
    }
}

/// The layers of a [`Sequential`].
pub struct Chain {
    layers: Vec<Box<dyn Layer>>,
}

impl Layer for Chain {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        self.layers.iter().fold(x.clone(), |x, layer| layer.forward(pass, &x))
    }
}
