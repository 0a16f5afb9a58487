//! The parts of a training step that both networks share: learning rate, optimizer, loss scale, skipped steps.

mod loss_scale;
mod schedule;
mod skips;
mod update;

pub use loss_scale::{Gradient, LossScale};
pub use schedule::learning_rate;
pub use skips::Skips;
pub use update::{check_finite, check_finite_tensors, due, load_arena, save_arena, update};
