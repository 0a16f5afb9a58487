//! The residual quantizer: search, training of the codebooks, and gradient estimators.

mod codebook;
mod dimension;
mod gradient;
mod search;

pub use codebook::{Among, Codebooks, codebook_accumulate, codebook_update, draw_vectors, replace_dead_codes};
pub use gradient::{Estimator, quantize_straight_through, rotation_gradient};
pub use search::{Quantized, TrainingQuantized, nearest_code, residual_quantize, residual_quantize_training};
