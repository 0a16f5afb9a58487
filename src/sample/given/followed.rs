//! Music that is followed at first.
//!
//! Up to a time, latents are on the straight path from noise to those of a passage; from there on the flow is solved. So the large features
//! are those of the passage, and the details are new, as in a variation (Meng et al. 2022, arXiv 2108.01073), but for single samples of a
//! batch.

use super::Encoder;
use crate::data::music::roll::Roll;
use crate::ops::elementwise::{add, multiply};
use crate::ops::flow::ode_combine;
use crate::tape::{Tape, Var};
use crate::tensor::Tensor;

/// The passages that the samples of a batch follow.
pub struct Followed {
    /// Latents of the passages `[N, H, W, D]`, of silence where there is none.
    pub latents: Tensor,
    noise: Tensor,
    /// 1 for samples that follow a passage, 0 for others, `[N, H, W, D]`; then the inverse. `None` if all do.
    which: Option<[Tensor; 2]>,
    until: f32,
}

impl Followed {
    /// Passages, transposed as the flow's music is, and the noise of all samples; up to a time.
    pub fn of(encoder: &Encoder<'_>, noise: &Tensor, passages: &[Option<Roll>], until: f32) -> Self {
        let silence = Roll::new(encoder.config.data.steps as u32, Vec::new());
        let rolls: Vec<&Roll> = passages.iter().map(|passage| passage.as_ref().unwrap_or(&silence)).collect();
        let size = noise.len() / passages.len();
        let mask = |follows: bool| {
            let value = |passage: &Option<Roll>| f32::from(u8::from(passage.is_some() == follows));
            let values = passages.iter().flat_map(|passage| std::iter::repeat_n(value(passage), size));
            Tensor::from_f32(noise.gpu(), noise.shape(), &values.collect::<Vec<_>>())
        };
        Self {
            latents: encoder.encode(noise.gpu(), &rolls),
            noise: noise.clone(),
            which: passages.iter().any(Option::is_none).then(|| [mask(true), mask(false)]),
            until,
        }
    }

    /// Whether all samples are on their paths at time `t`.
    pub fn is_all(&self, t: f32) -> bool {
        self.which.is_none() && t < self.until
    }

    /// Latents of time `t`, of samples on their paths those of the path.
    pub fn at(&self, y: &Tensor, t: f32) -> Tensor {
        if t >= self.until {
            return y.clone();
        }
        let path = ode_combine(&self.noise, &[(&self.noise, -t), (&self.latents, t)]);
        let Some([follow, others]) = &self.which else { return path };
        let tape = Tape::inference();
        let part =
            |of: &Tensor, mask: &Tensor| multiply(&tape, &Var::constant(of.clone()), &Var::constant(mask.clone()));
        add(&tape, &part(&path, follow), &part(y, others)).value
    }
}
