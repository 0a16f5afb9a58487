//! Linear layers with a common input, computed as one product.

use super::{Init, Layer, Order, Pass, Scope, Stack};
use crate::ops::linear;
use crate::tape::Var;

/// Several linear layers with the same input. Their outputs are adjacent columns of one matrix.
pub struct StackedLinear {
    weight: Stack,
    bias: Stack,
    /// Each layer's name and first column.
    starts: Vec<(String, usize)>,
}

impl StackedLinear {
    /// Layers of these names and widths, of inputs of `c_in` channels.
    pub fn new(scope: &mut Scope<'_>, layers: &[(String, usize)], c_in: usize) -> Self {
        Self::with_init(scope, layers, c_in, Init::Uniform { fan_in: c_in })
    }

    /// The same with weights and biases that are 0 before training.
    pub fn starting_at_zero(scope: &mut Scope<'_>, layers: &[(String, usize)], c_in: usize) -> Self {
        Self::with_init(scope, layers, c_in, Init::Constant(0.0))
    }

    fn with_init(scope: &mut Scope<'_>, layers: &[(String, usize)], c_in: usize, init: Init) -> Self {
        let mut columns = 0;
        let mut starts = Vec::new();
        for (name, width) in layers {
            starts.push((name.clone(), columns));
            columns += width;
        }
        let mut declare = |what: &str, shape: fn(usize, usize) -> Vec<usize>| {
            let mut ids = layers.iter().enumerate().map(|(i, (name, width))| {
                let (mut scope, shape) = (scope.at(name), shape(*width, c_in));
                match i {
                    0 => scope.parameter(what, &shape, Order::Same, init),
                    _ => scope.continued(what, &shape, Order::Same, init),
                }
            });
            let first = ids.next().expect("a stack has a layer");
            ids.for_each(drop);
            Stack { first, shape: shape(columns, c_in) }
        };
        let weight = declare("weight", |width, c_in| vec![width, c_in]);
        let bias = declare("bias", |width, _| vec![width]);
        Self { weight, bias, starts }
    }

    /// The first column of the layer called `name`.
    #[track_caller]
    pub fn start(&self, name: &str) -> usize {
        self.starts.iter().find(|(other, _)| other == name).expect("a layer of the stack").1
    }
}

impl Layer for StackedLinear {
    /// `[N, c_in]` to `[N, all widths]`.
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        linear::linear_by_rows(pass.tape, x, &pass.weights(&self.weight), &pass.stack(&self.bias))
    }
}
