//! Adapter, tuning, buffers, pipelines, recording, timestamps.
//!
//! A [`Gpu`] is a cheap handle to one device. Work is recorded with [`Gpu::launch`] and runs at a readback, at [`Gpu::flush`], or after as
//! much work as [`work::SUBMISSION`]. Uploads are recorded too, so that a training step is one submission. An error in the meantime (a
//! limit exceeded, out of memory, a device lost) is *sticky*: it is kept, later launches do nothing, and the next [`Gpu::check`], flush or
//! readback returns it. So operations return no `Result`.
//!
//! Kernels are launched on [`View`]s of buffers; tensors are defined in the room above.

#[cfg(not(target_arch = "wasm32"))]
pub mod adapters;
pub mod capabilities;
#[cfg(not(target_arch = "wasm32"))]
pub mod choice;
#[cfg(not(target_arch = "wasm32"))]
mod device;
#[cfg(not(target_arch = "wasm32"))]
pub mod environment;
#[cfg(not(target_arch = "wasm32"))]
mod failure;
#[cfg(not(target_arch = "wasm32"))]
mod guard_words;
#[cfg(not(target_arch = "wasm32"))]
mod instruments;
#[cfg(not(target_arch = "wasm32"))]
pub mod later;
mod launch;
mod lock;
pub mod matrix_units;
#[cfg(not(target_arch = "wasm32"))]
mod open;
#[cfg(not(target_arch = "wasm32"))]
mod opened;
#[cfg(not(target_arch = "wasm32"))]
pub mod paper;
#[cfg(not(target_arch = "wasm32"))]
pub mod pipeline;
#[cfg(not(target_arch = "wasm32"))]
mod pool;
#[cfg(not(target_arch = "wasm32"))]
mod probe;
#[cfg(not(target_arch = "wasm32"))]
pub mod profile;
#[cfg(not(target_arch = "wasm32"))]
mod readback;
#[cfg(not(target_arch = "wasm32"))]
pub mod recorder;
#[cfg(not(target_arch = "wasm32"))]
mod sanitizer;
mod size_class;
#[cfg(not(target_arch = "wasm32"))]
mod slow;
#[cfg(not(target_arch = "wasm32"))]
mod staging;
#[cfg(not(target_arch = "wasm32"))]
mod stream;
#[cfg(target_arch = "wasm32")]
pub mod tab;
pub mod tuning;
#[cfg(not(target_arch = "wasm32"))]
mod uniforms;
pub mod work;

#[cfg(not(target_arch = "wasm32"))]
pub use adapters::Adapters;
pub use capabilities::Capabilities;
#[cfg(not(target_arch = "wasm32"))]
pub use device::Gpu;
#[cfg(not(target_arch = "wasm32"))]
pub use later::Later;
pub use launch::{Bind, Grid, Launch, View};
pub use matrix_units::MatrixUnits;
#[cfg(not(target_arch = "wasm32"))]
pub use paper::Paper;
#[cfg(not(target_arch = "wasm32"))]
pub use pool::Storage;
#[cfg(not(target_arch = "wasm32"))]
pub use stream::Counters;
#[cfg(target_arch = "wasm32")]
pub use tab::{Gpu, Storage};
pub use tuning::{Products, Tuning};
