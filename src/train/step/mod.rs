//! The parts of a training step that both networks share: optimizer, learning rate, loss scale, skipped steps.

mod finite;
mod gradient;
mod loss_scale;
mod optimizer;
mod schedule;
mod skips;

pub use finite::{check_finite, check_finite_tensors};
pub use gradient::Gradient;
pub use loss_scale::LossScale;
pub use optimizer::Optimizer;
pub use schedule::learning_rate;
pub use skips::Skips;
