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
    /// Latents `[N, H, W, D]` of the given notes, at positions where no cell is free, 0 elsewhere.
    known: Tensor,
    /// 1 where no cell is free, 0 elsewhere, `[N, H, W, D]`; then the inverse.
    is_known: Tensor,
    is_open: Tensor,
    /// 1 where some cells are free, and others not, 0 elsewhere; then the inverse. `None` if there are no such positions.
    mixed: Option<[Tensor; 2]>,
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
        let shares: Vec<f32> = partials.iter().flat_map(|partial| free_share(partial.free(), patches)).collect();
        let mask = |is: &dyn Fn(f32) -> bool| {
            let values = shares.iter().flat_map(|&share| vec![f32::from(u8::from(is(share))); channels]);
            Tensor::from_f32(gpu, latents.shape(), &values.collect::<Vec<_>>())
        };
        let is_mixed = |share: f32| share > 0.0 && share < 1.0;
        let is_known = mask(&|share| share == 0.0);
        Self {
            condition: concat(&Tape::inference(), &Var::constant(difference), &Var::constant(taken)).value,
            known: product(&latents, &is_known),
            is_known,
            is_open: mask(&|share| share > 0.0),
            mixed: shares
                .iter()
                .any(|&share| is_mixed(share))
                .then(|| [mask(&is_mixed), mask(&|share| !is_mixed(share))]),
        }
    }

    /// Latents with the known ones in their places. With noise and a time t these are `t known + (1 - t) noise`.
    pub fn hold(&self, latents: &Tensor, noise: Option<(&Tensor, f32)>) -> Tensor {
        let open = product(latents, &self.is_open);
        match noise {
            None => sum(&open, &self.known),
            Some((noise, t)) => ode_combine(&open, &[(&self.known, t), (&product(noise, &self.is_known), 1.0 - t)]),
        }
    }

    /// The values at positions that are not known, 0 elsewhere.
    pub fn masked(&self, tape: &Tape, x: &Var) -> Var {
        multiply(tape, x, &Var::constant(self.is_open.clone()))
    }

    /// Whether there are positions of which a part is free.
    pub fn has_mixed(&self) -> bool {
        self.mixed.is_some()
    }

    /// Latents with others at the positions of which a part is free.
    pub fn replace_mixed(&self, latents: &Tensor, others: &Tensor) -> Tensor {
        let replaced = |[is, is_not]: &[Tensor; 2]| sum(&product(latents, is_not), &product(others, is));
        self.mixed.as_ref().map_or_else(|| latents.clone(), replaced)
    }
}

fn product(a: &Tensor, b: &Tensor) -> Tensor {
    multiply(&Tape::inference(), &Var::constant(a.clone()), &Var::constant(b.clone())).value
}

fn sum(a: &Tensor, b: &Tensor) -> Tensor {
    add(&Tape::inference(), &Var::constant(a.clone()), &Var::constant(b.clone())).value
}
