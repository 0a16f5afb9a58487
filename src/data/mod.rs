//! From bytes to notes to piano rolls to pictures and back. Knows nothing of the GPU.
//!
//! ```text
//! bytes -> midi::Score (notes in ticks) -> beats::Grid (ticks to steps) -> roll::Roll -> image, tensor, midi
//!                          source (folders, files, zips) -> song::Song -> dataset::Dataset (split, windows, batches)
//! seed -> corpus (songs composed by rule)           features, key, metrics, bars (numbers about music)
//!                                                   density, frechet, nearest (two sets of music compared)
//! ```
//!
//! Functions on bytes say what is wrong with them as plain text; whoever knows the file's name makes an
//! [`Error`](crate::error::Error) of it, or counts the file as skipped.

pub mod bars;
pub mod beats;
pub mod corpus;
pub mod dataset;
pub mod density;
pub mod features;
pub mod frechet;
pub mod image;
pub mod key;
pub mod metrics;
pub mod midi;
pub mod nearest;
pub mod roll;
pub mod sheet;
pub mod song;
pub mod source;
pub mod stats;
pub mod tensor;
