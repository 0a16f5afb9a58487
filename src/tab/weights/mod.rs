//! The weights of a checkpoint in fewer bytes, exactly.
//!
//! A weight in 16 bits has a sign and low bits that are as good as random, and a magnitude of which little is known: those of a row and
//! of a column of a matrix are alike. So magnitudes are coded with adaptive probabilities, given the mean of those before in the row
//! and in the column (`model.rs`), by a range coder (`range_coder.rs`). The last bit is 0 in matrices that were rounded for this. Of the bundled
//! flow's 9.64 MB this leaves 7.29.

mod coded;
mod model;
mod range_coder;

pub use coded::decoded;
#[cfg(not(target_arch = "wasm32"))]
pub use coded::encoded;
