//! The tape, and its sweep from the last operation to the first.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use super::gradients::Gradients;
use super::var::{Origin, Var};
use crate::tensor::Tensor;

/// The gradient of an operation.
pub trait Backward {
    /// Writes the gradients of the inputs, given that of the output.
    fn backward(&self, output: &Tensor, gradients: &mut Gradients);
}

/// A change of shape, which the gradient undoes.
struct Reshape {
    input: Var,
}

impl Backward for Reshape {
    fn backward(&self, output: &Tensor, gradients: &mut Gradients) {
        gradients.add(&self.input, output.reshape(self.input.shape()));
    }
}

/// An operation in execution order.
struct Node {
    /// Its gradient; `None` for a leaf.
    backward: Option<Box<dyn Backward>>,
    /// The end in the arena of the last parameter of this and all earlier operations.
    parameters_end: usize,
}

/// Operations in execution order.
pub struct Tape {
    nodes: RefCell<Vec<Node>>,
    recording: bool,
    /// Distinguishes the variables of this tape from those of another.
    id: u64,
}

impl Tape {
    /// A tape that records.
    pub fn recording() -> Self {
        Self::new(true)
    }

    /// A tape that does not: every [`Var`] it makes is a constant, and nothing is kept.
    pub fn inference() -> Self {
        Self::new(false)
    }

    /// Whether it records.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    fn new(recording: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { nodes: RefCell::default(), recording, id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// An input whose gradient is in the result of [`Tape::backward`].
    pub fn leaf(&self, value: Tensor) -> Var {
        self.push(value, &[], None)
    }

    /// Wraps an operation's output; `backward` is called only if one of `inputs` is differentiable.
    ///
    /// # Panics
    /// If an input was recorded by another tape, whose nodes this one's sweep does not reach.
    #[track_caller]
    pub fn record<B: Backward + 'static>(&self, inputs: &[&Var], output: Tensor, backward: impl FnOnce() -> B) -> Var {
        for input in inputs {
            let foreign = matches!(input.origin, Origin::Node { tape, .. } if tape != self.id);
            assert!(!foreign, "an operation on {:?}, a variable of another tape", input.value);
        }
        if self.recording && inputs.iter().any(|input| input.is_differentiable()) {
            return self.push(output, inputs, Some(Box::new(backward())));
        }
        Var::constant(output)
    }

    /// The same elements in another shape.
    #[track_caller]
    pub fn reshape(&self, x: &Var, shape: &[usize]) -> Var {
        self.record(&[x], x.value.reshape(shape), || Reshape { input: x.clone() })
    }

    fn push(&self, value: Tensor, inputs: &[&Var], backward: Option<Box<dyn Backward>>) -> Var {
        if !self.recording {
            return Var::constant(value);
        }
        let mut nodes = self.nodes.borrow_mut();
        let own_end = inputs.iter().filter_map(|input| input.parameter_end()).max().unwrap_or(0);
        let parameters_end = nodes.last().map_or(0, |last| last.parameters_end).max(own_end);
        nodes.push(Node { backward, parameters_end });
        Var { value, origin: Origin::Node { tape: self.id, node: nodes.len() - 1 } }
    }

    /// Sweeps from the last node to the first, starting from the gradients of `seeds`. Gradients of parameters are added to the
    /// arena; those of leaves are in the result.
    ///
    /// # Panics
    /// If a seed is a constant, which no operation computed, or a variable of another tape.
    #[track_caller]
    pub fn backward(self, seeds: impl IntoIterator<Item = (Var, Tensor)>) -> Gradients {
        self.backward_with(seeds, |_| {})
    }

    /// As [`backward`](Self::backward). Calls `is_final` with an element of the arena, each time lower, from which on all gradients are
    /// computed: the parameters of the last layers are the last ones of the arena.
    ///
    /// # Panics
    /// As [`backward`](Self::backward).
    #[track_caller]
    pub fn backward_with(
        self,
        seeds: impl IntoIterator<Item = (Var, Tensor)>,
        mut is_final: impl FnMut(usize),
    ) -> Gradients {
        let mut nodes = self.nodes.into_inner();
        let mut gradients = Gradients::new(self.id, nodes.len());
        for (output, gradient) in seeds {
            assert!(output.is_differentiable(), "backward from {:?}, a constant", output.value);
            gradients.add(&output, gradient);
        }
        while let Some(node) = nodes.pop() {
            let Some(operation) = node.backward else { continue };
            if let Some(gradient) = gradients.take_node(nodes.len()) {
                operation.backward(&gradient, &mut gradients);
            }
            let end = nodes.last().map_or(0, |last| last.parameters_end);
            if end < node.parameters_end {
                is_final(end);
            }
        }
        gradients
    }
}
