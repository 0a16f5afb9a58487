//! From bytes to notes to piano rolls to pictures and back. Knows nothing of the GPU.
//!
//! ```text
//! music    bytes -> midi::Score (notes in ticks) -> beats::Grid (ticks to steps) -> roll::Roll -> bytes
//! picture  Roll <-> image (PNG), tensor (input and output of the codec); sheet (many rolls in one picture)
//! dataset  source (folders, files, zips) -> song::Song -> Dataset (split, windows, batches)
//! corpus   seed -> songs composed by rule
//! ```
//!
//! Each folder uses only those above it in this list, but for `corpus`, which uses `music` alone. Functions on bytes say what
//! is wrong with them as plain text; the caller, which knows the file's name, makes an [`Error`](crate::error::Error) of it or
//! counts the file as skipped.

pub mod corpus;
pub mod dataset;
pub mod music;
pub mod picture;
