//! The device of a native program: Vulkan, Metal or DirectX 12 through wgpu. Its twin in a browser is the module `tab` beside it.
//!
//! * Opening: [`adapters`] lists them, [`choice`] reads what the user chose, `open` and `probe` make a tested [`Gpu`], [`paper`] an adapter
//!   that computes nothing.
//! * Memory: `pool`, `staging` (uploads in order), `uniforms`, `readback` and [`later`].
//! * Work: [`pipeline`] compiles, `stream` records and submits.
//! * Observing: [`profile`], [`recorder`], `guard_words`, `sanitizer`, `slow`; `failure` keeps the first error.

pub mod adapters;
pub mod choice;
mod device;
pub mod environment;
mod failure;
mod guard_words;
mod instruments;
pub mod later;
mod open;
mod opened;
pub mod paper;
pub mod pipeline;
mod pool;
mod probe;
pub mod profile;
mod readback;
pub mod recorder;
mod sanitizer;
mod slow;
mod staging;
mod stream;
mod uniforms;

pub use adapters::Adapters;
pub use device::Gpu;
pub use later::Later;
pub use paper::Paper;
pub use pool::Storage;
pub use stream::Counters;
