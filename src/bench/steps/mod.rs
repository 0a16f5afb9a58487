//! Whole steps: training and sampling of the networks, at the sizes that the PyTorch program times.

mod all;
mod codec;
mod shared;
mod step;
mod transformer;
mod unet;

pub use all::all;
pub use step::{Step, StepRow, measure_step};
