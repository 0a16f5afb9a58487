//! The arena: all parameters of a network in one buffer, and buffers of the same layout for gradients, two moments and EMA, which are
//! allocated when they are first used: inference needs none of them.
//!
//! So the norm of the gradient, clipping, Adam and EMA take a few dispatches for the whole network, and a checkpoint is a loop over
//! names.

use std::cell::OnceCell;
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
    gradients: OnceCell<Tensor>,
    first_moments: OnceCell<Tensor>,
    second_moments: OnceCell<Tensor>,
    ema: OnceCell<Tensor>,
    uses_ema: bool,
}

impl Params {
    /// Allocates the parameters of `layout` and initialises them from `seed`. The EMA starts as a copy of the weights at its first use.
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
        gpu.check()?;
        Ok(Self {
            layout,
            weights,
            gradients: OnceCell::new(),
            first_moments: OnceCell::new(),
            second_moments: OnceCell::new(),
            ema: OnceCell::new(),
            uses_ema: false,
        })
    }

    /// A parameter for a forward pass: its weights, whose gradient is added to the arena, or their EMA, which has no gradient (see
    /// [`Params::use_ema`]).
    pub fn var(&self, id: ParamId) -> Var {
        self.var_in(None, id, true)
    }

    /// [`Params::var`], with other `values` of the arena's layout, such as those of [`Params::in_f16`], if some are given; without a
    /// gradient unless `differentiable`.
    pub(super) fn var_in(&self, values: Option<&Tensor>, id: ParamId, differentiable: bool) -> Var {
        self.view(values, id, &self.layout.entry(id).shape, differentiable)
    }

    /// The same with several parameters as one.
    pub(super) fn stack_in(&self, values: Option<&Tensor>, stack: &Stack, differentiable: bool) -> Var {
        self.view(values, stack.first, &stack.shape, differentiable)
    }

    fn view(&self, values: Option<&Tensor>, first: ParamId, shape: &[usize], differentiable: bool) -> Var {
        let start = self.layout.entry(first).start;
        let value = values.unwrap_or_else(|| self.used()).view(start, shape);
        if self.uses_ema || !differentiable {
            return Var::constant(value);
        }
        Var::parameter(value, self.flat(Part::Gradients).view(start, shape))
    }

    /// The f16 copy of the weights, or of their EMA if that is in use. It is valid until the next step changes them.
    pub fn in_f16(&self) -> Tensor {
        stored_as(self.used(), Dtype::F16)
    }

    fn used(&self) -> &Tensor {
        // An EMA that was never updated is a copy of the weights.
        self.ema.get().filter(|_| self.uses_ema).unwrap_or(&self.weights)
    }

    /// Sets whether passes use the EMA instead of the weights.
    pub fn use_ema(&mut self, on: bool) {
        self.uses_ema = on;
    }

    /// The flat tensor of one part, including the gaps between parameters, which are zeros.
    pub fn flat(&self, part: Part) -> &Tensor {
        let zeros = || Tensor::zeros(self.weights.gpu(), self.weights.shape());
        match part {
            Part::Weights => &self.weights,
            Part::Gradients => self.gradients.get_or_init(zeros),
            Part::FirstMoments => self.first_moments.get_or_init(zeros),
            Part::SecondMoments => self.second_moments.get_or_init(zeros),
            Part::Ema => self.ema.get_or_init(|| {
                let copy = Tensor::empty_f32(self.weights.gpu(), self.weights.shape());
                copy.copy_from(&self.weights);
                copy
            }),
        }
    }

    /// Whether the EMA is in use; otherwise it is a copy of the weights.
    pub fn has_ema(&self) -> bool {
        self.ema.get().is_some()
    }

    /// All parts, for the optimizer; the EMA only if it is to be `averaged`.
    pub fn arena(&self, averaged: bool) -> Arena<'_> {
        let [g, m, v] = [Part::Gradients, Part::FirstMoments, Part::SecondMoments].map(|part| self.flat(part));
        Arena { w: &self.weights, g, m, v, ema: averaged.then(|| self.flat(Part::Ema)) }
    }

    /// Sets every gradient to zero.
    pub fn zero_grad(&self) {
        self.flat(Part::Gradients).clear();
    }

    /// Names, shapes and offsets.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements of all parameters.
    pub fn count(&self) -> usize {
        self.layout.count()
    }

    /// Bytes of the whole arena in training: weights, gradients, two moments, EMA.
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
