//! Adapter, tuning, buffers, pipelines, recording, timestamps.
//!
//! A [`Gpu`] is a cheap handle to one device. Work is recorded with [`Gpu::launch`] and runs at a readback, at [`Gpu::flush`], or after as
//! much work as [`work::SUBMISSION`]. Uploads are recorded too, so that a training step is one submission. An error in the meantime (a
//! limit exceeded, out of memory, a device lost) is *sticky*: it is kept, later launches do nothing, and the next [`Gpu::check`], flush or
//! readback returns it. So operations return no `Result`.
//!
//! Kernels are launched on [`View`]s of buffers; tensors are defined in the room above.

pub mod capabilities;
mod launch;
mod lock;
pub mod matrix_units;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod size_class;
#[cfg(target_arch = "wasm32")]
pub mod tab;
pub mod tuning;
pub mod work;

pub use capabilities::Capabilities;
pub(crate) use launch::MOST_TURNS;
pub use launch::{Bind, Grid, Launch, View};
pub use matrix_units::MatrixUnits;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{
    Adapters, Counters, Gpu, Later, Paper, Storage, adapters, choice, environment, later, paper, pipeline, profile,
    recorder,
};
#[cfg(target_arch = "wasm32")]
pub use tab::{Gpu, Storage};
pub use tuning::{Products, Tuning};
