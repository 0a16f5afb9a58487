//! What of a batch is given, as latents.

use super::mask::{Mask, product, sum};
use crate::checkpoint::Statistics;
use crate::condition::{Patches, free_share, occupied};
use crate::config::{Config, Latents};
use crate::data::music::partial::PartialRoll;
use crate::data::music::roll::Roll;
use crate::data::picture::tensor::Layout;
use crate::gpu::Gpu;
use crate::models::Vqvae;
use crate::ops::elementwise::multiply;
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
    /// Latents `[N, H, W, D]` of the given notes, at positions where no cell is free, 0 elsewhere.
    known: Tensor,
    /// Positions where no cell is free, `[N, H, W, D]`.
    is_known: Mask,
    /// Positions where some cells are free, and others not; `None` if there are none.
    mixed: Option<Mask>,
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
        let [n, height, width, _] = latents.nhwc();
        let silence = Tensor::from_f32(gpu, latents.shape(), &silence.repeat(n));
        let difference = ode_combine(&latents, &[(&silence, -1.0)]);
        let taken: Vec<f32> = partials.iter().flat_map(|partial| occupied(partial.free(), patches)).collect();
        let taken = Tensor::from_f32(gpu, &[n, height, width, taken.len() / (n * height * width)], &taken);
        let shares: Vec<f32> = partials.iter().flat_map(|partial| free_share(partial.free(), patches)).collect();
        let mask = |is: &dyn Fn(f32) -> bool| {
            let positions: Vec<bool> = shares.iter().map(|&share| is(share)).collect();
            Mask::new(gpu, latents.shape(), &positions)
        };
        let is_mixed = |share: f32| share > 0.0 && share < 1.0;
        let is_known = mask(&|share| share == 0.0);
        Self {
            condition: concat(&Tape::inference(), &Var::constant(difference), &Var::constant(taken)).value,
            known: product(&latents, &is_known.inside),
            is_known,
            mixed: shares.iter().any(|&share| is_mixed(share)).then(|| mask(&is_mixed)),
        }
    }

    /// Latents with the known ones in their places. With noise and a time t these are `t known + (1 - t) noise`.
    pub fn hold(&self, latents: &Tensor, noise: Option<(&Tensor, f32)>) -> Tensor {
        let open = product(latents, &self.is_known.outside);
        match noise {
            None => sum(&open, &self.known),
            Some((noise, t)) => {
                ode_combine(&open, &[(&self.known, t), (&product(noise, &self.is_known.inside), 1.0 - t)])
            }
        }
    }

    /// The values at positions that are not known, 0 elsewhere.
    pub fn masked(&self, tape: &Tape, x: &Var) -> Var {
        multiply(tape, x, &Var::constant(self.is_known.outside.clone()))
    }

    /// Whether there are positions of which a part is free.
    pub fn has_mixed(&self) -> bool {
        self.mixed.is_some()
    }

    /// Latents with others at the positions of which a part is free.
    pub fn replace_mixed(&self, latents: &Tensor, others: &Tensor) -> Tensor {
        self.mixed.as_ref().map_or_else(|| latents.clone(), |mixed| mixed.choose(others, latents))
    }
}
