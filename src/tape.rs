//! What was recorded, and the backward sweep.
//!
//! A [`Tape`] is a list of nodes in execution order. An operation computes its output and calls [`Tape::record`] with a
//! [`Backward`] that holds what its gradient needs. [`Tape::backward`] walks the list from its end: each node is given the
//! gradient of its output, pushes gradients to its inputs and is dropped, so that memory falls as the sweep runs.
//! A tape that does not record is inference.

use std::cell::RefCell;

use bytemuck::{Pod, Zeroable};

use crate::gpu::kernel::Registered;
use crate::gpu::{Gpu, Grid, Kernel, Launch};
use crate::tensor::Tensor;

/// `target += source`.
pub static ACCUMULATE: Kernel = Kernel::new("accumulate", include_str!("../shaders/accumulate.wgsl"));

/// A tensor and where it came from.
#[derive(Clone, Debug)]
pub struct Var {
    /// The value.
    pub value: Tensor,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    /// Nothing to differentiate.
    Constant,
    /// The output of the tape's node of this number.
    Node(usize),
    /// A parameter; its gradient is added to this view of the arena.
    Parameter(Tensor),
}

impl Var {
    /// A value that no gradient is wanted for.
    pub fn constant(value: Tensor) -> Self {
        Self { value, origin: Origin::Constant }
    }

    /// A parameter whose gradient is added to `gradient`.
    #[track_caller]
    pub fn parameter(value: Tensor, gradient: Tensor) -> Self {
        assert_eq!(value.len(), gradient.len(), "parameter: value and gradient");
        Self { value, origin: Origin::Parameter(gradient) }
    }

    /// Whether a gradient is wanted.
    pub fn is_differentiable(&self) -> bool {
        !matches!(self.origin, Origin::Constant)
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

/// What an operation knows about its gradient.
pub trait Backward {
    /// Pushes the gradients of the inputs, given that of the output.
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

/// Operations in execution order; `None` for a leaf.
pub struct Tape {
    nodes: RefCell<Vec<Option<Box<dyn Backward>>>>,
    recording: bool,
}

impl Tape {
    /// A tape that records.
    pub fn recording() -> Self {
        Self { nodes: RefCell::default(), recording: true }
    }

    /// A tape that does not: every [`Var`] it makes is a constant, and nothing is kept.
    pub fn inference() -> Self {
        Self { nodes: RefCell::default(), recording: false }
    }

    /// An input whose gradient [`Tape::backward`] returns.
    pub fn leaf(&self, value: Tensor) -> Var {
        self.push(value, None)
    }

    /// Wraps an operation's output; `backward` is asked for only if one of `inputs` is differentiable.
    pub fn record<B: Backward + 'static>(&self, inputs: &[&Var], output: Tensor, backward: impl FnOnce() -> B) -> Var {
        if self.recording && inputs.iter().any(|input| input.is_differentiable()) {
            return self.push(output, Some(Box::new(backward())));
        }
        Var::constant(output)
    }

    /// The same elements in another shape.
    #[track_caller]
    pub fn reshape(&self, x: &Var, shape: &[usize]) -> Var {
        self.record(&[x], x.value.reshape(shape), || Reshape { input: x.clone() })
    }

    fn push(&self, value: Tensor, node: Option<Box<dyn Backward>>) -> Var {
        if !self.recording {
            return Var::constant(value);
        }
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        Var { value, origin: Origin::Node(nodes.len() - 1) }
    }

    /// Sweeps from the last node to the first, beginning with the gradients of `seeds`. Parameters' gradients go to the
    /// arena; those of leaves are in what is returned.
    pub fn backward(self, seeds: impl IntoIterator<Item = (Var, Tensor)>) -> Gradients {
        let mut nodes = self.nodes.into_inner();
        let mut gradients = Gradients { of_node: vec![None; nodes.len()] };
        for (output, gradient) in seeds {
            gradients.add(&output, gradient);
        }
        while let Some(node) = nodes.pop() {
            let Some(operation) = node else { continue };
            if let Some(gradient) = gradients.of_node[nodes.len()].take() {
                operation.backward(&gradient, &mut gradients);
            }
        }
        gradients
    }
}

/// Where an operation writes a gradient.
pub struct Slot {
    /// To be written, and then handed over by [`Gradients::add`].
    pub tensor: Tensor,
    /// Whether it holds the sum of other contributions, to be added to.
    pub add: bool,
}

/// Gradients on their way through the sweep.
pub struct Gradients {
    of_node: Vec<Option<Tensor>>,
}

impl Gradients {
    /// Adds a contribution to the gradient of `var`: moved if it is the first, else summed.
    #[track_caller]
    pub fn add(&mut self, var: &Var, contribution: Tensor) {
        assert_eq!(var.value.len(), contribution.len(), "gradient {contribution:?} of {:?}", var.value);
        match &var.origin {
            Origin::Constant => {}
            Origin::Parameter(gradient) => accumulate(gradient, &contribution),
            Origin::Node(node) => {
                let slot = &mut self.of_node[*node];
                *slot = Some(match slot.take() {
                    None => contribution,
                    Some(sum) => summed(sum, contribution),
                });
            }
        }
    }

    /// Where an operation may write its contribution to the gradient of `var`: a new tensor stored as `like` is, or what the others
    /// have come to, if that belongs to nobody else.
    pub fn slot(&mut self, var: &Var, like: &Tensor) -> Slot {
        let begun = match var.origin {
            Origin::Node(node) => self.of_node[node].take_if(|sum| sum.is_unique() && sum.dtype() == like.dtype()),
            _ => None,
        };
        let add = begun.is_some();
        Slot {
            tensor: begun.map_or_else(|| Tensor::empty_like(like, var.shape()), |sum| sum.reshape(var.shape())),
            add,
        }
    }

    /// The place of a parameter's gradient in the arena.
    fn parameter_target<'a>(&self, var: &'a Var) -> Option<&'a Tensor> {
        match &var.origin {
            Origin::Parameter(gradient) => Some(gradient),
            _ => None,
        }
    }

    /// What an operation may add the gradient of `var` to: the arena for a parameter, else zeros, to be handed over by
    /// [`Gradients::deliver`].
    pub fn target(&self, var: &Var) -> Tensor {
        self.parameter_target(var).cloned().unwrap_or_else(|| Tensor::zeros(var.gpu(), var.shape()))
    }

    /// Hands over what [`Gradients::target`] gave, if it is not the arena.
    #[track_caller]
    pub fn deliver(&mut self, var: &Var, target: Tensor) {
        if self.parameter_target(var).is_none() {
            self.add(var, target);
        }
    }

    /// The gradient of a leaf.
    pub fn take(&mut self, leaf: &Var) -> Option<Tensor> {
        match leaf.origin {
            Origin::Node(node) => self.of_node[node].take(),
            _ => None,
        }
    }
}

/// The sum of two contributions, in place where a buffer belongs to nobody else.
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

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    length: u32,
}

/// Elements that one workgroup of `accumulate` adds.
const SPAN: usize = 1024;

/// `target += source`, element by element.
#[track_caller]
pub fn accumulate(target: &Tensor, source: &Tensor) {
    assert_eq!(target.len(), source.len(), "accumulate: {target:?} and {source:?}");
    target.gpu().launch(&Launch {
        kernel: &ACCUMULATE,
        constants: &[],
        params: bytemuck::bytes_of(&Params { length: target.len() as u32 }),
        bindings: &[source, target],
        grid: Grid::covering(target.len(), SPAN),
    });
}

/// The tape's own kernel, for the tests.
pub fn registered() -> Registered {
    Registered::plain(&ACCUMULATE, size_of::<Params>(), 2)
}
