//! Music that is followed at first.
//!
//! Up to a time, latents are on the straight path from noise to those of a passage; from there on the flow is solved. So the large features
//! are those of the passage, and the details are new, as in a variation (Meng et al. 2022, arXiv 2108.01073), but for single samples of a
//! batch.

use super::Encoder;
use super::mask::Mask;
use crate::data::music::roll::Roll;
use crate::ops::flow::ode_combine;
use crate::tensor::Tensor;

/// The passages that the samples of a batch follow.
pub struct Followed {
    /// Latents of the passages `[N, H, W, D]`; those of silence for samples without one.
    pub latents: Tensor,
    noise: Tensor,
    /// The samples that follow a passage; `None` if all do.
    which: Option<Mask>,
    until: f32,
}

impl Followed {
    /// Passages, transposed as the flow's music is, and the noise of all samples; up to a time.
    pub fn of(encoder: &Encoder<'_>, noise: &Tensor, passages: &[Option<Roll>], until: f32) -> Self {
        let silence = Roll::new(encoder.config.data.steps as u32, Vec::new());
        let rolls: Vec<&Roll> = passages.iter().map(|passage| passage.as_ref().unwrap_or(&silence)).collect();
        let follow: Vec<bool> = passages.iter().map(Option::is_some).collect();
        Self {
            latents: encoder.encode(noise.gpu(), &rolls),
            noise: noise.clone(),
            which: follow.contains(&false).then(|| Mask::new(noise.gpu(), noise.shape(), &follow)),
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
        self.which.as_ref().map_or_else(|| path.clone(), |which| which.choose(&path, y))
    }
}
