//! The residual quantizer's kernels: search, training of the codebooks, and the gradient past the quantizer.

mod codebook;
mod gradient;
mod rows;
mod search;

pub use codebook::{Codebooks, codebook_accumulate, codebook_update, replace_dead_codes};
pub use gradient::{Estimator, quantize_straight_through, rotation_gradient};
pub use search::{Quantized, TrainingQuantized, nearest_code, residual_quantize, residual_quantize_training};
