//! Checkpoint files: a network's weights with everything needed to run it, and the state needed to resume its training.
//!
//! All are `.safetensors` files ([`container`]) whose metadata says what they are: format and program version, kind, step,
//! and the whole configuration as JSON. Parameter names and layouts are those of the reference (PyTorch's).

pub mod container;
mod extra;
pub mod import;
mod kind;
mod metadata;
mod network;
mod resume;
mod rounded;
pub mod statistics;
pub mod tensors;

pub use extra::CODEC_PREFIX;
pub use kind::Kind;
pub use network::Checkpoint;
pub use resume::ResumeState;
pub use rounded::F16_BITS;
pub use statistics::Statistics;
