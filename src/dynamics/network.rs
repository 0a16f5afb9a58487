//! The network that predicts the shape of the velocities.

use super::input::{INPUTS, inputs};
use super::{Levels, Loudness};
use crate::condition::Scale;
use crate::data::music::roll::Roll;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nn::sequential::Chain;
use crate::nn::{Layer, Layout, Linear, Params, Part, Pass, Sequential, Silu};
use crate::parallel::*;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// Width of the two hidden layers.
const HIDDEN: usize = 64;
/// Velocities per unit of the network's output, so that its outputs are of the size of its inputs.
pub const UNIT: f32 = 10.0;
/// The prefix of its tensors.
pub(super) const PREFIX: &str = "dynamics";
/// Windows predicted at a time.
const BATCH: usize = 64;

/// What a flow knows of loudness: levels and spreads to draw from, and the network that says how far each note is from the level.
pub struct Dynamics {
    /// The network's parameters: three linear layers.
    pub params: Params,
    /// Levels and spreads of training windows.
    pub levels: Levels,
    /// How the inputs are normalised.
    pub(super) scale: Scale<INPUTS>,
    /// Steps of a window.
    pub(super) steps: u32,
    network: Chain,
}

impl Dynamics {
    /// An untrained network, whose velocities are the level, for windows of `steps` steps.
    ///
    /// # Errors
    /// The adapter's memory or limits.
    pub fn new(gpu: &Gpu, steps: usize, scale: Scale<INPUTS>, levels: Levels, seed: u64) -> Result<Self> {
        let (layout, network) = Self::declare();
        let params = Params::new(gpu, layout, seed)?;
        Ok(Self { params, levels, scale, steps: steps as u32, network })
    }

    /// The network and its parameters.
    pub(super) fn declare() -> (Layout, Chain) {
        let mut layout = Layout::new();
        let mut root = layout.root();
        let mut layers = Sequential::new(root.at(PREFIX));
        layers.add(|scope| Linear::new(scope, INPUTS, HIDDEN));
        layers.add(|_| Silu);
        layers.add(|scope| Linear::new(scope, HIDDEN, HIDDEN));
        layers.add(|_| Silu);
        layers.add(|scope| Linear::starting_at_zero(scope, HIDDEN, 1));
        let network = layers.finish();
        (layout, network)
    }

    /// The network's output `[N, 1]` for the normalised inputs `x` of N notes: the distance from the level in [`UNIT`]s.
    pub fn forward(&self, pass: &Pass<'_>, x: &[[f32; INPUTS]]) -> Var {
        let x = Tensor::from_f32(self.gpu(), &[x.len(), INPUTS], x.as_flattened());
        self.network.forward(pass, &Var::constant(x))
    }

    /// The velocities of each window's notes, without the residual. Level and spread are known.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn predict(&self, windows: &[(Roll, Loudness)]) -> Result<Vec<Vec<f32>>> {
        let scale = self.scale;
        let normalised = |(window, loudness): &(Roll, Loudness)| -> Vec<[f32; INPUTS]> {
            inputs(window, *loudness).into_iter().map(|inputs| scale.apply(inputs)).collect()
        };
        let mut predicted = Vec::with_capacity(windows.len());
        for batch in windows.chunks(BATCH) {
            let x = batch.par_iter().map(normalised).collect::<Vec<_>>().concat();
            // A product needs at least one row.
            let tape = Tape::inference();
            let offsets = match x.len() {
                0 => Vec::new(),
                _ => self.forward(&Pass::new(&tape, &self.params), &x).value.read_f32()?,
            };
            let mut offsets = offsets.into_iter();
            for (window, loudness) in batch {
                let level = f32::from(loudness.level);
                let count = window.notes().len();
                predicted.push(offsets.by_ref().take(count).map(|offset| level + UNIT * offset).collect());
            }
        }
        Ok(predicted)
    }

    fn gpu(&self) -> &Gpu {
        self.params.flat(Part::Weights).gpu()
    }
}
