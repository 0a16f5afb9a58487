//! A page on which a musician plays with the model: what it asks for, what it is answered, and the server behind it.
//!
//! ```text
//! JSON -> Request -> Task -> Engine (Flow) -> Written -> Event -> JSON
//!            |        ^
//!            State    |     a dropped song by its hash, notes removed and added
//!              |      |
//!              Draft -+
//! ```
//!
//! The page (`page/`) owns the piece. On the user's machine the requests come by HTTP to the server (`server/`); in a browser's tab, without a
//! server, they are calls (`src/tab/`).

pub(crate) mod described;
mod draft;
mod engine;
mod event;
pub(crate) mod export;
pub(crate) mod failure;
mod flow;
pub(crate) mod outcome;
pub(crate) mod request;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod server;
pub(crate) mod songs;
pub(crate) mod sound;
pub(crate) mod state;
mod task;

pub use engine::{About, AfterStep, Engine, Model, Progress, Variant, Written};
pub use flow::Flow;
#[cfg(not(target_arch = "wasm32"))]
pub use server::{Options, Server, Stop, Watch};
pub use task::{Kind, Task};
