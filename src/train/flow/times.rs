//! Times in [0, 1] at which the flow is trained.

use crate::config::{FlowConfig, TimeDistribution};
use crate::rng::Philox;

/// t in (0, 1): uniform; uniform, warped to the slope `flow.warp` at 1/2; or the logistic of a normal (Esser et al. 2024, arXiv
/// 2403.03206, section 3.1).
pub fn draw(flow: &FlowConfig, rng: &mut Philox) -> f32 {
    let time = match flow.t_distribution {
        TimeDistribution::Uniform => rng.uniform(),
        TimeDistribution::LogitNormal => 1.0 / (1.0 + (-rng.normal()).exp()),
        TimeDistribution::Warped => {
            let (t, s) = (rng.uniform(), flow.warp);
            4.0 * (1.0 - s) * t.powi(3) + 6.0 * (s - 1.0) * t.powi(2) + (3.0 - 2.0 * s) * t
        }
    };
    time as f32
}
