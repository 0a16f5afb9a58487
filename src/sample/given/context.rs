//! What of a batch is given, as latents.

use crate::checkpoint::Statistics;
use crate::condition::{Patches, free_share, occupied};
use crate::config::{Config, Latents};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::picture::tensor::Layout;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::ops::elementwise::{add, multiply};
use crate::ops::flow::ode_combine;
use crate::ops::layout::concat;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// The given part of a batch of N samples.
#[derive(Clone)]
pub struct Context {
    /// The condition `[N, H, W, flow.given]` of a flow that is trained to complete: the latents of the given notes less those of silence,
    /// then the share of cells that are not free.
    pub condition: Tensor,
    /// Latents `[N, H, W, D]` of the given notes where no cell is free, 0 elsewhere.
    known: Tensor,
    /// 1 where some cell is free, 0 elsewhere, `[N, H, W, D]`.
    open: Tensor,
}

/// The frozen codec of a flow, with the statistics by which the flow's latents are standardised.
pub struct Encoder<'a> {
    /// Configuration of flow and codec.
    pub config: &'a Config,
    /// The codec.
    pub vqvae: &'a Vqvae,
    /// Statistics of the flow.
    pub statistics: &'a Statistics,
}

impl Encoder<'_> {
    /// Standardised latents `[N, H, W, D]` of rolls of `data.steps` steps.
    pub fn encode(&self, gpu: &Gpu, rolls: &[&Roll]) -> Tensor {
        let layout = Layout::of(&self.config.data);
        let steps = self.config.data.steps;
        let mut values = vec![0.0; rolls.len() * layout.size(steps)];
        values.chunks_mut(layout.size(steps)).zip(rolls).for_each(|(image, roll)| layout.write(roll, image));
        let images = Tensor::from_f32(gpu, &[rolls.len(), layout.pitches.count(), steps, layout.count()], &values);
        let latents = self.vqvae.encode(&images);
        let latents = match self.config.flow.latents {
            Latents::Encoder => latents,
            Latents::Quantized => self.vqvae.quantize(&latents).sum,
        };
        self.statistics.standardised(&latents)
    }
}

impl Context {
    /// Of partial rolls, transposed as the flow's music is. `silence` are the latents of silence, `[H, W, D]`.
    pub fn of(encoder: &Encoder<'_>, gpu: &Gpu, partials: &[PartialRoll], silence: &[f32], patches: &Patches) -> Self {
        let rolls: Vec<&Roll> = partials.iter().map(PartialRoll::given).collect();
        let latents = encoder.encode(gpu, &rolls);
        let [n, height, width, channels] = latents.nhwc();
        let silence = Tensor::from_f32(gpu, latents.shape(), &silence.repeat(n));
        let difference = ode_combine(&latents, &[(&silence, -1.0)]);
        let taken: Vec<f32> = partials.iter().flat_map(|partial| occupied(partial.free(), patches)).collect();
        let taken = Tensor::from_f32(gpu, &[n, height, width, taken.len() / (n * height * width)], &taken);
        let open = partials.iter().flat_map(|partial| free_share(partial.free(), patches));
        let open: Vec<f32> = open.flat_map(|share| vec![if share > 0.0 { 1.0 } else { 0.0 }; channels]).collect();
        let closed: Vec<f32> = open.iter().map(|open| 1.0 - open).collect();
        let tensor = |values: &[f32]| Var::constant(Tensor::from_f32(gpu, latents.shape(), values));
        let tape = Tape::inference();
        let constant = |tensor: &Tensor| Var::constant(tensor.clone());
        Self {
            condition: concat(&tape, &constant(&difference), &constant(&taken)).value,
            known: multiply(&tape, &constant(&latents), &tensor(&closed)).value,
            open: tensor(&open).value,
        }
    }

    /// Latents with those that are known put in their places.
    pub fn hold(&self, latents: &Tensor) -> Tensor {
        let tape = Tape::inference();
        add(&tape, &self.masked(&tape, &Var::constant(latents.clone())), &Var::constant(self.known.clone())).value
    }

    /// The values at positions that are not known, 0 elsewhere.
    pub fn masked(&self, tape: &Tape, x: &Var) -> Var {
        multiply(tape, x, &Var::constant(self.open.clone()))
    }
}
