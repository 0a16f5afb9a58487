//! Changes of resolution between the levels of the U-Net.

use crate::nn::{Conv2d, Layer, Pass, Scope};
use crate::ops::layout;
use crate::tape::Var;

/// What happens to height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// They are unchanged.
    Same,
    /// They halve: squares of 2 x 2 positions become channels.
    Half,
    /// They double: each position is repeated.
    Double,
}

/// A change of resolution and a convolution.
pub struct Resample {
    step: Step,
    conv: Conv2d,
}

impl Resample {
    pub fn new(mut scope: Scope<'_>, step: Step, c_in: usize, c_out: usize) -> Self {
        let conv = match step {
            Step::Same => Conv2d::new(scope, 3, c_in, c_out),
            Step::Half => Conv2d::new(scope.at(1), 1, 4 * c_in, c_out),
            Step::Double => Conv2d::new(scope.at(1), 3, c_in, c_out),
        };
        Self { step, conv }
    }
}

impl Layer for Resample {
    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        match self.step {
            Step::Same => self.conv.forward(pass, x),
            Step::Half => self.conv.forward(pass, &layout::space_to_depth(pass.tape, x, 2)),
            Step::Double => self.conv.forward(pass, &layout::upsample2(pass.tape, x)),
        }
    }
}
