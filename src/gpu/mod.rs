//! Adapter, tuning, buffers, pipelines, recording, timestamps.
//!
//! A [`Gpu`] is a cheap handle to one device. Work is recorded with [`Gpu::launch`] and runs at a readback, at [`Gpu::flush`], or after as
//! much work as [`work::SUBMISSION`]. Uploads are recorded too, so that a training step is one submission. An error in the meantime (a
//! limit exceeded, out of memory, a device lost) is *sticky*: it is kept, later launches do nothing, and the next [`Gpu::check`], flush or
//! readback returns it. So operations return no `Result`.
//!
//! Kernels are launched on [`View`]s of buffers; tensors are defined in the room above.

pub mod adapters;
pub mod capabilities;
pub mod choice;
mod device;
pub mod environment;
mod failure;
mod guard_words;
mod instruments;
pub mod later;
mod launch;
mod lock;
pub mod matrix_units;
mod open;
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
pub mod tuning;
mod uniforms;
pub mod work;

pub use adapters::Adapters;
pub use capabilities::Capabilities;
pub use device::Gpu;
pub use later::Later;
pub use launch::{Bind, Grid, Launch, View};
pub use matrix_units::MatrixUnits;
pub use paper::Paper;
pub use pool::Storage;
pub use stream::Counters;
pub use tuning::{Products, Tuning};
