//! From bytes to notes to piano rolls to pictures and back. Independent of the GPU.
//!
//! ```text
//! music    bytes -> midi::Score (notes in ticks) -> beats::Grid (ticks to steps) -> roll::Roll -> bytes
//! picture  Roll <-> image (PNG), tensor (input and output of the codec); sheet (many rolls in one picture)
//! dataset  source (folders, files, zips) -> song::Song -> Dataset (split, windows, batches)
//! corpus   seed -> songs composed by rule
//! ```
//!
//! Each folder imports only from those above it in this list; `corpus` imports from `music` alone. Functions on bytes return
//! errors as plain text. The caller knows the file's name: it makes an [`Error`](crate::error::Error) of the text or reports
//! the file as skipped.

pub mod corpus;
#[cfg(not(target_arch = "wasm32"))]
pub mod dataset;
mod evenly;
pub mod music;
pub mod picture;

pub use evenly::evenly;
