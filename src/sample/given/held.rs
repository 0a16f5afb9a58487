//! Holding given music in its place while the rest is generated.

use super::Context;
use crate::error::Result;
use crate::ops::flow::ode_combine;
use crate::ops::noise::philox_normal;
use crate::tensor::Tensor;

/// Key of the noise that is added before a step is taken again, combined with the seed.
const AGAIN_KEY: u64 = 0x6167_6169;

/// Pastes the given notes into the music of latents at t = 1, and encodes it.
pub type Paste<'a> = Box<dyn Fn(&Tensor) -> Result<Tensor> + 'a>;

/// What is held in its place during a solution.
pub struct Held<'a> {
    /// What is given.
    pub context: &'a Context,
    /// For a flow that is not trained to complete: the noise of the known latents, which follow their straight path from it. A flow that is
    /// trained to complete has them without noise at all times.
    pub noise: Option<Tensor>,
    /// How often each step but the first is taken again, from its result with new noise (Lugmayr et al. 2022, arXiv 2201.09865).
    pub resamplings: usize,
    /// For latent positions of which a part is free.
    pub paste: Option<Paste<'a>>,
    /// Seed, and number of the first sample.
    pub stream: (u64, u64),
}

impl Held<'_> {
    /// The beginning of a solution at time `t`.
    pub fn start(&self, x: &Tensor, t: f32) -> Tensor {
        self.context.hold(x, self.noise.as_ref().map(|noise| (noise, t)))
    }

    /// The result of a step to time `t`, with what is given. `ends` are the ends of the straight path through the step's beginning: at
    /// t = 1 and 0.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn after_step(&self, y: &Tensor, t: f32, ends: impl FnOnce() -> [Tensor; 2]) -> Result<Tensor> {
        let y = self.start(y, t);
        let Some(paste) = self.paste.as_ref().filter(|_| self.context.has_mixed()) else { return Ok(y) };
        let [x1, x0] = ends();
        let pasted = paste(&x1)?;
        Ok(self.context.replace_mixed(&y, &ode_combine(&scaled(&pasted, t), &[(&x0, 1.0 - t)])))
    }

    /// Latents at time `to` brought back to time `from` with new noise, so that the step can be taken again: `a y + b e` with a = from / to
    /// and the b with which the noise has the deviation of time `from`.
    pub fn renoised(&self, y: &Tensor, [from, to]: [f32; 2], step: usize, number: usize) -> Tensor {
        let a = from / to;
        let b = ((1.0 - from).powi(2) - (a * (1.0 - to)).powi(2)).max(0.0).sqrt();
        let (seed, first) = self.stream;
        let key = AGAIN_KEY ^ ((step as u64) << 40) ^ ((number as u64) << 56);
        let noise = philox_normal(y.gpu(), seed ^ key, first, y.shape());
        self.start(&ode_combine(&scaled(y, a), &[(&noise, b)]), from)
    }
}

fn scaled(x: &Tensor, factor: f32) -> Tensor {
    ode_combine(x, &[(x, factor - 1.0)])
}
