//! The networks: logits of a column's rhythm, and of a note's pitch.

use super::token::PITCH_COUNT;
use super::{pitch, rhythm};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::sequential::Chain;
use crate::nn::{Dropout, Layer, Layout, Linear, Params, Part, Pass, Scope, Sequential, Silu};
use crate::ops::elementwise::add;
use crate::tape::Var;
use crate::tensor::Tensor;

/// Rhythms: silence, hold, onset.
pub const RHYTHMS: usize = 3;
/// Dropout of hidden units in training.
const DROPOUT: f64 = 0.2;
/// The prefix of the tensors.
pub(super) const PREFIX: &str = "melody";

/// One of the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Of a column: silence, hold or onset.
    Rhythm,
    /// Of a note: its index into the pitches.
    Pitch,
}

impl Which {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rhythm, Self::Pitch];

    /// Inputs of a row, hidden units, and classes.
    pub fn sizes(self) -> [usize; 3] {
        match self {
            Self::Rhythm => [rhythm::INPUTS, 96, RHYTHMS],
            Self::Pitch => [pitch::INPUTS, 160, PITCH_COUNT],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rhythm => "rhythm",
            Self::Pitch => "pitch",
        }
    }
}

/// A network: `W3 silu(W2 silu(W1 x)) + S x`. What follows from a single input, such as a chord or the note before, is learned at once by
/// the last term.
struct Network {
    layers: Chain,
    direct: Linear,
}

impl Network {
    fn new(mut scope: Scope<'_>, [inputs, hidden, classes]: [usize; 3]) -> Self {
        let mut layers = Sequential::new(scope.at("layers"));
        layers.add(|scope| Linear::new(scope, inputs, hidden));
        layers.add(|_| Silu);
        layers.add(|scope| Dropout::new(scope, DROPOUT, 0.0));
        layers.add(|scope| Linear::new(scope, hidden, hidden));
        layers.add(|_| Silu);
        layers.add(|scope| Dropout::new(scope, DROPOUT, 0.0));
        layers.add(|scope| Linear::starting_at_zero(scope, hidden, classes));
        let layers = layers.finish();
        Self { layers, direct: Linear::starting_at_zero(scope.at("direct"), inputs, classes) }
    }

    fn forward(&self, pass: &Pass<'_>, x: &Var) -> Var {
        add(pass.tape, &self.layers.forward(pass, x), &self.direct.forward(pass, x))
    }
}

/// The two networks on the device, for training. [`Melodies`](super::Melodies) are what they become.
pub struct Networks {
    /// Their parameters.
    pub params: Params,
    networks: [Network; 2],
}

impl Networks {
    /// Untrained networks, whose classes are equally likely.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, seed: u64) -> Result<Self> {
        let (layout, networks) = Self::declare();
        Ok(Self { params: Params::new(gpu, layout, seed)?, networks })
    }

    fn declare() -> (Layout, [Network; 2]) {
        let mut layout = Layout::new();
        let mut root = layout.root();
        let mut scope = root.at(PREFIX);
        let networks = Which::ALL.map(|which| Network::new(scope.at(which.name()), which.sizes()));
        (layout, networks)
    }

    /// The names and shapes of their parameters.
    pub(super) fn layout() -> Layout {
        Self::declare().0
    }

    /// Logits `[N, classes]` for rows of inputs `[N, inputs]`.
    pub fn forward(&self, pass: &Pass<'_>, which: Which, rows: &[f32]) -> Var {
        let [inputs, ..] = which.sizes();
        let gpu = self.params.flat(Part::Weights).gpu();
        let x = Var::constant(Tensor::from_f32(gpu, &[rows.len() / inputs, inputs], rows));
        self.networks[which as usize].forward(pass, &x)
    }
}
