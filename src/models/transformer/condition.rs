//! The conditions of the transformer, and their embedding with the time as one vector per sample.

use crate::config::FlowConfig;
use crate::gpu::Gpu;
use crate::nn::{Layer, Linear, Pass, Scope, Sequential, Silu};
use crate::ops::embed::{Frequencies, sinusoidal_time};
use crate::ops::{activation, elementwise};
use crate::tape::Var;
use crate::tensor::Tensor;

/// Sines and cosines of the time.
const SINUSOIDS: usize = 64;
/// Their frequencies, 1 to 1000 radians on the way from t = 0 to 1.
const FREQUENCIES: Frequencies = Frequencies { highest: 1000.0, range: 1000.0 };
/// Parts of the picture that are hidden as a whole, each with a flag.
const FLAGS: usize = 2;

/// What a batch of N samples is conditioned on. A part that is absent is hidden: all its numbers are 0.
#[derive(Clone, Default)]
pub struct Conditions {
    /// What has a place in the music, `[N, H, W, flow.picture]`: channels for each latent position.
    pub picture: Option<Tensor>,
    /// What is given of the music, `[N, H, W, flow.given]`: the latents of the given notes less those of silence, then the shares of cells
    /// that are not free. Nothing given is zeros.
    pub given: Option<Tensor>,
    /// What is asked of the new notes, `[N, H, W, flow.controls]`: values, then 1 for each that is shown.
    pub controls: Option<Tensor>,
    /// What holds for the whole window, `[N, 2 flow.attributes]`: the values, 0 where hidden, then 1 for each that is shown and 0 for each that
    /// is hidden.
    pub attributes: Option<Tensor>,
    /// Which parts of the picture are shown, `[N, 2]`: 1 or 0 for the chords, then for the bars.
    pub flags: Option<Tensor>,
}

/// A condition of this shape; zeros if it is hidden.
#[track_caller]
pub(super) fn or_zeros(given: Option<&Tensor>, gpu: &Gpu, shape: &[usize]) -> Tensor {
    let Some(tensor) = given else { return Tensor::zeros(gpu, shape) };
    assert_eq!(tensor.shape(), shape, "the shape of a condition");
    tensor.clone()
}

/// Time and conditions to `[N, 2 flow.width]`.
pub struct Condition {
    time: Box<dyn Layer>,
    /// The attributes' number and layers.
    attributes: Option<(usize, Box<dyn Layer>)>,
    /// With a picture.
    flags: Option<Linear>,
}

impl Condition {
    /// Channels of the condition of a network of width `dim`.
    pub fn width(dim: usize) -> usize {
        2 * dim
    }

    pub fn new(scope: &mut Scope<'_>, config: &FlowConfig) -> Self {
        let width = Self::width(config.width);
        let mut mlp = |name: &str, c_in: usize| -> Box<dyn Layer> {
            let mut layers = Sequential::new(scope.at(name));
            layers.add(|scope| Linear::new(scope, c_in, width));
            layers.add(|_| Silu);
            layers.add(|scope| Linear::new(scope, width, width));
            Box::new(layers.finish())
        };
        let time = mlp("time_mlp", SINUSOIDS);
        let attributes =
            (config.attributes > 0).then(|| (config.attributes, mlp("attribute_mlp", 2 * config.attributes)));
        let flags = (config.picture > 0).then(|| Linear::new(scope.at("flags"), FLAGS, width));
        Self { time, attributes, flags }
    }

    /// The condition after SiLU, at times `t` `[N]` in [0, 1]. It is computed in f32, whatever the format of the activations.
    pub fn forward(&self, pass: &Pass<'_>, t: &Tensor, conditions: &Conditions) -> Var {
        let (tape, gpu, n) = (pass.tape, t.gpu(), t.len());
        let mut sum = self.time.forward(pass, &Var::constant(sinusoidal_time(t, SINUSOIDS, FREQUENCIES)));
        let mut add = |layer: &dyn Layer, input: Tensor| {
            sum = elementwise::add(tape, &sum, &layer.forward(pass, &Var::constant(input)));
        };
        if let Some((count, layers)) = &self.attributes {
            add(layers.as_ref(), or_zeros(conditions.attributes.as_ref(), gpu, &[n, 2 * count]));
        }
        if let Some(flags) = &self.flags {
            add(flags, or_zeros(conditions.flags.as_ref(), gpu, &[n, FLAGS]));
        }
        activation::silu(tape, &sum)
    }
}
