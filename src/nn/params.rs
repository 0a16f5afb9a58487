//! The arena: all parameters of a network in one buffer, and buffers of the same layout for gradients, two moments and EMA.
//!
//! So the norm of the gradient, clipping, Adam and EMA take a few dispatches for the whole network, and a checkpoint is a loop over
//! names.

use std::collections::BTreeMap;
use std::path::Path;

use super::layout::Entry;
use super::{HostTensor, Layout, ParamId, Stack};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::ops::cast::stored_as;
use crate::ops::optimizer::Arena;
use crate::tape::Var;
use crate::tensor::Tensor;

/// What the arena holds for each parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The parameter itself.
    Weights,
    /// Its gradient.
    Gradients,
    /// Adam's moving mean of the gradient.
    FirstMoments,
    /// Adam's moving mean of the squared gradient.
    SecondMoments,
    /// The exponential moving average of the weights.
    Ema,
}

/// The parameters of a network.
pub struct Params {
    layout: Layout,
    weights: Tensor,
    gradients: Tensor,
    first_moments: Tensor,
    second_moments: Tensor,
    ema: Tensor,
    uses_ema: bool,
}

impl Params {
    /// Allocates the parameters of `layout` and initialises them from `seed`. The EMA starts as a copy of the weights.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, layout: Layout, seed: u64) -> Result<Self> {
        gpu.check_buffer(layout.length())?;
        let mut values = vec![0.0; layout.length()];
        for entry in layout.entries() {
            entry.init.fill(&mut values[entry.range()], seed, &entry.name);
        }
        let shape = [layout.length()];
        let weights = Tensor::from_f32(gpu, &shape, &values);
        let ema = Tensor::from_f32(gpu, &shape, &values);
        let zeros = || Tensor::zeros(gpu, &shape);
        let (gradients, first_moments, second_moments) = (zeros(), zeros(), zeros());
        gpu.check()?;
        Ok(Self { layout, weights, gradients, first_moments, second_moments, ema, uses_ema: false })
    }

    /// A parameter for a forward pass: its weights, whose gradient is added to the arena, or their EMA, which has no gradient (see
    /// [`Params::use_ema`]).
    pub fn var(&self, id: ParamId) -> Var {
        self.var_in(self.used(), id)
    }

    /// [`Params::var`] with the values of another tensor of the arena's layout, such as that of [`Params::in_f16`].
    pub(super) fn var_in(&self, values: &Tensor, id: ParamId) -> Var {
        self.view(values, id, &self.layout.entry(id).shape)
    }

    /// Several parameters as one.
    pub fn stack(&self, stack: &Stack) -> Var {
        self.stack_in(self.used(), stack)
    }

    /// [`Params::stack`] with the values of another tensor of the arena's layout.
    pub(super) fn stack_in(&self, values: &Tensor, stack: &Stack) -> Var {
        self.view(values, stack.first, &stack.shape)
    }

    fn view(&self, values: &Tensor, first: ParamId, shape: &[usize]) -> Var {
        let start = self.layout.entry(first).start;
        let value = values.view(start, shape);
        if self.uses_ema { Var::constant(value) } else { Var::parameter(value, self.gradients.view(start, shape)) }
    }

    /// The f16 copy of the weights, or of their EMA if that is in use. It is valid until the next step changes them.
    pub fn in_f16(&self) -> Tensor {
        stored_as(self.used(), Dtype::F16)
    }

    fn used(&self) -> &Tensor {
        if self.uses_ema { &self.ema } else { &self.weights }
    }

    /// Sets whether passes use the EMA instead of the weights.
    pub fn use_ema(&mut self, on: bool) {
        self.uses_ema = on;
    }

    /// The flat tensor of one part, including the gaps between parameters, which are zeros.
    pub fn flat(&self, part: Part) -> &Tensor {
        match part {
            Part::Weights => &self.weights,
            Part::Gradients => &self.gradients,
            Part::FirstMoments => &self.first_moments,
            Part::SecondMoments => &self.second_moments,
            Part::Ema => &self.ema,
        }
    }

    /// All parts, for the optimizer.
    pub fn arena(&self) -> Arena<'_> {
        Arena { w: &self.weights, g: &self.gradients, m: &self.first_moments, v: &self.second_moments, ema: &self.ema }
    }

    /// Sets every gradient to zero.
    pub fn zero_grad(&self) {
        self.gradients.clear();
    }

    /// Names, shapes and offsets.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements of all parameters.
    pub fn count(&self) -> usize {
        self.layout.count()
    }

    /// Bytes of the whole arena: weights, gradients, two moments, EMA.
    pub fn bytes(&self) -> u64 {
        5 * self.weights.bytes()
    }

    /// One part of every parameter, by name, in PyTorch's layouts.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn export(&self, part: Part) -> Result<BTreeMap<String, HostTensor>> {
        let values = self.flat(part).read_f32()?;
        let export = |entry: &Entry| (entry.name.clone(), entry.order.to_torch(&entry.shape, &values[entry.range()]));
        Ok(self.layout.entries().iter().map(export).collect())
    }

    /// Overwrites one part of every parameter from `tensors`, by name, in PyTorch's layouts. Ignores other tensors.
    ///
    /// # Errors
    /// Names the file `path` of the `tensors` and a tensor that is missing or has another shape; nothing is overwritten.
    pub fn load(&self, part: Part, tensors: &BTreeMap<String, HostTensor>, path: &Path) -> Result<()> {
        self.layout.check(tensors, path)?;
        let mut values = vec![0.0; self.layout.length()];
        for entry in self.layout.entries() {
            entry.order.from_torch(&entry.shape, &tensors[&entry.name].data, &mut values[entry.range()]);
        }
        self.flat(part).write_f32(&values);
        self.weights.gpu().check()
    }

    /// Names the first parameter with a non-finite element, or a non-finite element in its gradient.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn first_non_finite(&self) -> Result<Option<String>> {
        for (kind, part) in [("weight", Part::Weights), ("gradient", Part::Gradients)] {
            let values = self.flat(part).read_f32()?;
            let non_finite = |entry: &&Entry| values[entry.range()].iter().any(|value| !value.is_finite());
            if let Some(entry) = self.layout.entries().iter().find(non_finite) {
                return Ok(Some(format!("the {kind} of {}", entry.name)));
            }
        }
        Ok(None)
    }
}
