//! The residual quantizer's kernels: search, training of the codebooks, and the gradient past the quantizer.

mod codebook;
mod gradient;
mod search;

pub use codebook::{Codebooks, codebook_accumulate, codebook_update, replace_dead_codes};
pub use gradient::{Estimator, quantize_straight_through, rotation_gradient};
pub use search::{Quantized, TrainingQuantized, nearest_code, residual_quantize, residual_quantize_training};

/// Numbers per row that the kernels write out as named variables; more would not fit a GPU's registers.
const LARGEST_DIMENSION: usize = 64;

/// Checks the dimension of rows and codes.
#[track_caller]
fn dimension(op: &str, d: usize) -> (&'static str, u32) {
    assert!(
        (1..=LARGEST_DIMENSION).contains(&d),
        "{op}: rows of {d} numbers, at most {LARGEST_DIMENSION} are possible"
    );
    ("d", d as u32)
}

/// Values of four (or, where four does not divide `d`, of one) in a row of `d` numbers.
fn values_per_row(d: usize) -> usize {
    if d.is_multiple_of(4) { d / 4 } else { d }
}
